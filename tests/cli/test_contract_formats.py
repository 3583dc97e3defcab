"""The seven formats, on a terminal and off: layouts, columns, headers, and text that is safe to show."""

from __future__ import annotations

import csv
import io

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.terminal import on_terminal

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
NASTY = b"tab\tline\nback\\esc\x1b[31m c1\xc2\x85 bidi\xe2\x80\xae bad\xff [/bold]"
ESCAPED = r"tab\tline\nback\\esc\x1b[31m c1\xc2\x85 bidi\xe2\x80\xae bad\xff [/bold]"


@pytest.fixture
def nasty(node):
    """The ID of a job whose queue and body are made to harm."""
    with Client(node) as client:
        return client.addjob("a[red]b", NASTY)


def test_plain_is_one_record_a_line_that_can_be_turned_back(node, nasty, disquectl):
    done = disquectl("qpeek", "a[red]b")
    assert (done.code, done.out) == (0, f"a[red]b\t{nasty}\t{ESCAPED}\n")
    cells = done.out.rstrip("\n").split("\t")
    assert cells[2].encode().decode("unicode_escape").encode("latin-1") == NASTY
    assert disquectl("qlen", "a[red]b").out == "1\n"
    assert disquectl("qlen", "a[red]b", "r").out == "a[red]b\t1\nr\t0\n"
    assert disquectl("pause", "q", "state").out == "none\n"
    assert disquectl("qscan").out == "a[red]b\n"
    assert disquectl("jscan").out == f"{nasty}\n"
    assert disquectl("working", nasty).out == "300\n"
    shown = disquectl("show", nasty).out.splitlines()
    assert shown[:3] == [f"id\t{nasty}", "queue\ta[red]b", "state\tactive"]
    assert shown[-1] == f"body\t{ESCAPED}"
    assert len(disquectl("show", nasty, nasty).out.splitlines()) == 2


def test_plain_has_key_and_value_lines_where_one_thing_has_many_fields(node, disquectl):
    info = dict(line.split("\t") for line in disquectl("info").out.splitlines())
    assert info["disque_version"] == "1.0-rc1"
    assert disquectl("config", "get", "maxmemory").out == "maxmemory\t1073741824\n"
    hello = disquectl("hello").out.splitlines()
    assert [line.partition("\t")[0] for line in hello] == ["version", "node", "nodes"]
    assert (
        dict(line.split("\t") for line in disquectl("cluster", "info").out.splitlines())["cluster_size"]
        == "1"
    )
    assert disquectl("client", "getname").out == "\n"
    flags = disquectl("command", "info", "addjob").out
    assert flags == "addjob\t-4\twrite,denyoom,fast\n"


def test_csv_and_tsv_have_a_header_and_keep_every_byte_apart(nasty, disquectl):
    done = disquectl("qpeek", "a[red]b", "-o", "tsv")
    assert done.out == f"queue\tid\tbody\na[red]b\t{nasty}\t{ESCAPED}\n"
    done = disquectl("addjob", 'c,s"v', "line\nbreak", "-o", "tsv", "--no-header")
    assert done.out.startswith("D-")
    done = disquectl("qpeek", 'c,s"v', "-o", "csv")
    header, row = csv.reader(io.StringIO(done.out))
    assert header == ["queue", "id", "body"]
    assert (row[0], row[2]) == ('c,s"v', "line\nbreak")
    assert "\r" not in done.out
    assert disquectl("qpeek", "none", "-o", "csv").out == "queue,id,body\n"
    assert disquectl("qpeek", "none", "-o", "csv", "--no-header").out == ""


def test_raw_is_the_bytes_and_nothing_else(nasty, node, disquectl):
    assert disquectl("qpeek", "a[red]b", "-o", "raw").raw == NASTY
    with Client(node) as client:
        client.addjob("r", b"1")
        client.addjob("r", b"2")
    assert disquectl("qpeek", "r", "-o", "raw").raw == b"1\n2"
    assert disquectl("qpeek", "r", "-o", "raw", "--null-output").raw == b"1\0" + b"2"
    assert disquectl("show", nasty, "-o", "raw").raw == NASTY
    assert disquectl("qlen", "r", "-o", "raw").raw == b"2"


def test_columns_are_picked_and_ordered_in_every_format(node, disquectl):
    with Client(node) as client:
        job_id = client.addjob("q", "body")
    expected = {
        "plain": f"body\t{job_id}\n",
        "tsv": f"body\tid\nbody\t{job_id}\n",
        "csv": f"body,id\nbody,{job_id}\n",
        "json": f'[{{"body":"body","id":"{job_id}"}}]\n',
        "jsonl": f'{{"body":"body","id":"{job_id}"}}\n',
    }
    for output, text in expected.items():
        assert disquectl("qpeek", "q", "--columns", "body,id", "-o", output).out == text
    table = disquectl("qpeek", "q", "--columns", "id, body", "-o", "table").out.splitlines()
    assert [line.split() for line in (table[0], table[2])] == [["id", "body"], [job_id, "body"]]


def test_a_table_is_drawn_on_a_terminal_with_whole_ids_and_safe_text(node, nasty):
    seen, code = on_terminal("qpeek", "a[red]b", node=node, columns=140)
    assert code == 0
    assert nasty in seen
    assert "a[red]b" in seen
    assert r"esc\x1b[31m" in seen
    assert r"\xe2\x80\xae" in seen
    for live in ("\x1b[31m c1", "\x85", "\u202e"):
        assert live not in seen
    narrow, code = on_terminal("qpeek", "a[red]b", node=node, columns=50)
    assert code == 0
    assert nasty in narrow
    width = max(
        len(line) for line in on_terminal("qpeek", "a[red]b", "--color", "never", node=node)[0].split("\n")
    )
    assert width <= 80


def test_colours_are_for_terminals_and_the_option_beats_no_color_beats_force_color(node, nasty):
    assert "\x1b[" in on_terminal("hello", node=node)[0]
    assert "\x1b[" not in on_terminal("hello", "--color", "never", node=node)[0]
    assert "\x1b[" not in on_terminal("hello", node=node, NO_COLOR="1", FORCE_COLOR="1")[0]
    assert "\x1b[" not in on_terminal("hello", node=node, TERM="dumb")[0]
    assert "\x1b[" not in on_terminal("hello", "--help", TERM="dumb")[0]
    assert "\x1b[" in on_terminal("hello", node=node, TERM="dumb", FORCE_COLOR="1")[0]
    piped = ("hello", "-o", "table")
    assert "\x1b[" not in run_disquectl(*piped, node=node).out
    assert "\x1b[" in run_disquectl(*piped, node=node, FORCE_COLOR="1").out
    assert "\x1b[" in run_disquectl(*piped, "--color", "always", node=node, NO_COLOR="1").out
    assert "\x1b[" not in run_disquectl(*piped, node=node, NO_COLOR="1", FORCE_COLOR="1").out
    for output in ("plain", "json", "csv"):
        assert "\x1b[" not in run_disquectl("hello", "-o", output, node=node, FORCE_COLOR="1").out


def test_raw_reaches_a_terminal_only_when_the_option_asks_for_it(node, nasty):
    assert "\x1b[31m" in on_terminal("qpeek", "a[red]b", "-o", "raw", node=node)[0]
    seen, _ = on_terminal("qpeek", "a[red]b", node=node, DISQUECTL_OUTPUT="raw")
    assert r"\x1b[31m" in seen
    assert "\x1b[31m c1" not in seen
    assert run_disquectl("qpeek", "a[red]b", node=node, DISQUECTL_OUTPUT="raw").raw == NASTY


def test_people_read_times_and_scripts_read_numbers(node):
    with Client(node) as client:
        job_id = client.addjob("q", "body", ttl=7200, retry=300)
    table = run_disquectl("show", job_id, "-o", "table", node=node).out
    assert "5m" in table
    assert "ago" in table or "just now" in table
    plain = dict(line.split("\t") for line in run_disquectl("show", job_id, node=node).out.splitlines())
    assert plain["retry"] == "300"
    assert int(plain["ctime"]) > 10**18


def test_nothing_there_is_4_and_empty_lists_are_0(disquectl):
    for args, code in (
        (["getjob", "none", "--nohang"], 4),
        (["getjob", "none", "--timeout", "10ms"], 4),
        (["show", UNKNOWN], 4),
        (["working", UNKNOWN], 4),
        (["qstat", "no such"], 4),
        (["qpeek", "no such"], 0),
        (["qlen", "no such"], 0),
        (["jscan"], 0),
        (["ack", UNKNOWN], 0),
    ):
        done = disquectl(*args)
        assert done.code == code, done
        assert done.out == ("0\n" if args[0] in ("qlen", "ack") else "")
        assert done.err.count("\n") == (1 if code else 0)


def test_where_nothing_is_there_a_terminal_shows_no_empty_table(node):
    for args in (
        ["getjob", "none", "--nohang"],
        ["show", UNKNOWN, UNKNOWN],
        ["command", "info", "frob"],
        ["qstat", "no such"],
    ):
        seen, code = on_terminal(*args, node=node)
        assert code == 4
        assert seen.startswith("disquectl: ")
        assert not any(sign in seen for sign in "─│"), seen
    assert on_terminal("qpeek", "no such", node=node) == ("no queued jobs\n", 0)


def test_of_several_names_some_are_unknown(node, disquectl):
    with Client(node) as client:
        job_id = client.addjob("q", "body")
    done = disquectl("show", job_id, UNKNOWN, "--columns", "id")
    assert (done.code, done.out) == (3, f"{job_id}\n")
    assert done.err == (
        f"disquectl: {UNKNOWN}: unknown job: this node has no replica of it\n"
        "disquectl: 1 found, 1 unknown, 0 refused\n"
    )
    done = disquectl("qstat", "no such", "q", "--columns", "queue")
    assert (done.code, done.out) == (3, "q\n")
    done = disquectl("show", "short", "shorter")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("BADID Invalid Job ID format.") == 2


def test_tables_have_the_theme_of_the_config_file(node, tmp_path):
    with Client(node) as client:
        client.addjob("q", "body")
    config = tmp_path / "config.toml"
    seen = {}
    for theme in ("dark", "light", "none"):
        config.write_text(f'[shell]\ntheme = "{theme}"\n')
        words = ("jobs", "-o", "table", "--color", "always", "--config", str(config))
        seen[theme] = run_disquectl(*words, node=node).out
    assert "\x1b[36mD-" in seen["dark"]
    assert "\x1b[34mD-" in seen["light"]
    assert "\x1b[3" not in seen["none"]
