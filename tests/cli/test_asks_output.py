"""What people asked of the output of their tools: machine formats, safe text, nothing cut."""

from __future__ import annotations

import base64
import csv
import io
import json

import pytest
from rich.cells import cell_len

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.terminal import on_terminal

EVIL = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xaeevil\x7f"


def test_every_command_that_reports_speaks_json(node):
    """Also the reports: CLUSTER NODES and INFO are parsed, not handed on as text."""
    reports = "info|hello|time|ping|qscan|jscan|client list|cluster nodes|cluster info|config get *|command|"
    reports += (
        "slowlog get|slowlog len|latency latest|latency doctor|cluster myid|command count|cluster leaving"
    )
    for line in reports.split("|"):
        done = run_disquectl(*line.split(), "-o", "json", node=node)
        assert (done.code, done.err) == (0, ""), line
        assert isinstance(json.loads(done.out), (dict, list)), line
        assert "\\n" not in done.out or line.endswith("doctor")


def test_names_alone_are_a_plain_list(node):
    """One name a line, to be looped over."""
    with Client(node) as client:
        ids = [client.addjob(name, "x") for name in ("mail", "sms")]
    assert sorted(run_disquectl("qscan", node=node).out.split("\n")) == ["", "mail", "sms"]
    assert set(run_disquectl("jscan", node=node).out.split()) == set(ids)
    assert run_disquectl("qpeek", "mail", "--columns", "id", node=node).out == f"{ids[0]}\n"


def test_one_line_an_item_off_a_terminal_and_nothing_cut(node):
    """Made for cut, awk and grep, however narrow the screen."""
    body = "several\nlines\tand " + "x" * 300
    with Client(node) as client:
        for _ in range(2):
            client.addjob("q" * 100, body)
    done = run_disquectl("qpeek", "q" * 100, node=node, COLUMNS="30")
    lines = done.out.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.count("\t") == 2
        assert line.endswith("x" * 300)


def test_columns_are_chosen_and_ordered(node):
    with Client(node) as client:
        client.addjob("q", "b")
    assert run_disquectl("qstat", "q", "--columns", "len,queue", node=node).out == "1\tq\n"
    assert run_disquectl("qstat", "q", "--columns", "jobs-in", node=node).out == "1\n"


def test_csv_is_read_by_any_reader_of_csv(node):
    """Quotes doubled, LF, nil as nothing, one record a row."""
    queue, body = 'a,"b"', 'x\n"y", z'
    with Client(node) as client:
        client.addjob(queue, body, retry=0)
        job_id = client.getjob(queue)[0]["id"]
    done = run_disquectl("show", job_id, "-o", "csv", node=node)
    header, command = csv.reader(io.StringIO(done.out, newline=""))
    record = dict(zip(header, command, strict=True))
    assert (record["queue"], record["next_requeue_within"]) == (queue, "")
    assert record["body"] == body
    assert done.out.endswith("\n")
    bodies = ["two\nlines", "two\r\nlines", 'a "', "a,b", "", " plain "]
    with Client(node) as client:
        for one in bodies:
            client.addjob("rows", one)
    done = run_disquectl("qpeek", "rows", "--columns", "queue,body", "-o", "csv", node=node)
    rows = list(csv.reader(io.StringIO(done.out, newline=""), strict=True))
    assert rows == [["queue", "body"], *(["rows", one] for one in bodies)]


def test_a_table_can_be_had_off_a_terminal(node):
    done = run_disquectl("time", "-o", "table", node=node)
    assert done.out.splitlines()[0].split() == ["seconds", "microseconds"]
    assert "\x1b" not in done.out


def test_a_body_that_is_no_utf8_is_lossless_in_json(node):
    with Client(node) as client:
        client.addjob("q", EVIL + b"\xff")
    record = json.loads(run_disquectl("getjob", "q", "-o", "json", node=node).out)[0]
    assert "body" not in record
    assert base64.b64decode(record["body_base64"]) == EVIL + b"\xff"


def test_text_is_shown_as_text_and_wide_characters_keep_the_columns(node):
    with Client(node) as client:
        client.addjob("qué", "日本 🎉")
    assert run_disquectl("qpeek", "qué", node=node).out.endswith("\t日本 🎉\n")
    assert '"body":"日本 🎉"' in run_disquectl("qpeek", "qué", "-o", "jsonl", node=node).out
    assert "日本 🎉" in on_terminal("qpeek", "qué", node=node)[0]
    with Client(node) as client:
        client.addjob("wide", '"日本 🎉"\n')
        client.addjob("wide", "日本語" * 6)
    assert '"body":"\\"日本 🎉\\"\\n"' in run_disquectl("qpeek", "wide", "-o", "jsonl", node=node).out
    assert '"日本 🎉"\\n\n' in run_disquectl("qpeek", "wide", "1", "--columns", "body", node=node).out
    # Two cells for each wide character: what stands behind the bodies begins at the same cell.
    shown, _ = on_terminal("qpeek", "wide", "--columns", "body,queue", "--color", "never", node=node)
    begins = [cell_len(line.removesuffix("wide")) for line in shown.splitlines() if line.endswith("wide")]
    assert len(begins) == 2
    assert "日本語" * 6 in shown  # with room enough it is not folded
    assert len(set(begins)) == 1


@pytest.mark.parametrize("args", [["qpeek"], ["show"], ["exec", "qpeek"]], ids=" ".join)
def test_escape_sequences_of_a_body_never_reach_the_terminal(args, node):
    """Not by a table, not by exec, not by the name of a queue, not by an error."""
    with Client(node) as client:
        job_id = client.addjob(EVIL, EVIL)
    last = {"qpeek": ("1",), "show": ()}[args[-1]]
    seen, code = (
        on_terminal(
            *args, job_id if args == ["show"] else EVIL, *last, "--color", "never", node=node, columns=200
        )
        if (args[0] != "exec")
        else on_terminal("--color", "never", *args, EVIL, *last, node=node)
    )
    assert code == 0
    assert "evil" in seen
    for live in ("\x1b", "\x07", "\x9b", "\u202e", "\x7f"):
        assert live not in seen
    seen, _ = on_terminal("exec", EVIL, node=node)
    assert "\x1b" not in seen


def test_markup_in_names_bodies_and_errors_is_text(node):
    """`[task1]` does not vanish and `[/x]` does not crash."""
    with Client(node) as client:
        client.addjob("a[red]b", "[/bold] [link=x]y :smile:")
    seen, code = on_terminal("qpeek", "a[red]b", "--color", "never", node=node, columns=100)
    assert code == 0
    assert "a[red]b" in seen
    assert "[/bold] [link=x]y :smile:" in seen
    done = run_disquectl("show", "[/x]", node=node)
    assert (done.code, "bug" in done.err) == (1, False)
    assert run_disquectl("exec", "[/x]", node=node).err.startswith("disquectl: ERR unknown command '[/x]' (")
    assert "[/red]" in run_disquectl("frob[/red]").err


def test_no_color_wins_and_pipes_have_no_colours(node):
    colours = [
        "\x1b[" in run_disquectl("hello", "-o", "table", node=node, **env).out
        for env in ({}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"NO_COLOR": "1"})
    ]
    assert colours == [False, True, False, False]
    assert "\x1b[" not in on_terminal("hello", node=node, NO_COLOR="1", FORCE_COLOR="1")[0]


def test_raw_and_info_and_errors_work_in_every_format_and_pipe(node):
    """Text or bytes, error or not: no format breaks on the type of a reply."""
    for output in ("table", "plain", "json", "jsonl", "csv", "tsv", "raw"):
        done = run_disquectl("-o", output, "info", node=node)
        assert (done.code, done.err) == (0, ""), output
        script = b"info\ntime\ngetjob nohang from q\nqlen q\n"
        done = run_disquectl("-o", output, "exec", "-", node=node, stdin=script)
        assert (done.code, done.err) == (0, ""), output
    done = run_disquectl("-o", "raw", "exec", "frobnicate", node=node)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("disquectl: ERR unknown command 'frobnicate' (")


def test_a_huge_reply_comes_whole_and_a_scan_comes_page_by_page(node):
    with Client(node) as client:
        client.addjob("q", b"x" * 20_000_000)
        for number in range(300):
            client.addjob(f"q{number}", "x")
    done = run_disquectl("getjob", "q", "-o", "raw", node=node)
    assert (done.code, len(done.raw)) == (0, 20_000_000)
    done = run_disquectl("--echo", "qscan", "--count", "20", node=node)
    assert len(done.out.split()) == 301
    assert done.err.count('> "') > 10
