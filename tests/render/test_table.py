"""Tables: they fit the terminal, never cut an ID, and take nothing in a queue for markup."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from disquectl.render.draw import folded
from disquectl.spec.shape import VALUE, Shape

from .samples import (
    CONFIG,
    EXEC,
    GETJOB,
    HELLO,
    HELLOS,
    HOSTILE,
    ID,
    INFO,
    JOBS,
    NODE,
    QLEN,
    QLENS,
    SECTIONS_OF_INFO,
    SHOW,
    SHOWN,
    SHOWS,
    SLOWLOG,
    bodies,
    live_characters,
    written,
)

NOW_MS = 1_795_310_711_560 + 320_000
COUNTERS = Shape(
    ("queue", "id", "body", "nacks", "additional_deliveries"),
    many=True,
    kinds=GETJOB.kinds,
    body="body",
    folds=True,
)


def table(shape, records, **options):
    return written("table", shape, records, **{"now_ms": NOW_MS, **options})


def test_records_are_rows_under_a_header():
    assert table(GETJOB, JOBS) == (
        "queue    id                                        body\n"
        "───────────────────────────────────────────────────────────────\n"
        f"mail     {ID}  hello\n"
        f'zeit 日  {ID}  a,"b"\\n\\\\xff\n'
    )


def test_numbers_stand_to_the_right():
    assert table(QLENS, [{"queue": b"a", "length": 3}, {"queue": b"b", "length": 1200}]) == (
        "queue  length\n─────────────\na           3\nb        1200\n2 rows\n"
    )


def test_a_nil_among_numbers_leaves_them_to_the_right():
    assert table(QLENS, [{"queue": b"a", "length": None}, {"queue": b"b", "length": 3}]) == (
        "queue  length\n─────────────\na\nb           3\n2 rows\n"
    )


def test_one_value_is_just_that_value():
    assert table(QLEN, [{"queue": b"a", "length": 3}]) == "3\n"


def test_lines_of_a_server_stay_lines_and_are_made_safe():
    shape = Shape(("reply",), VALUE, value="reply", kinds={"reply": "lines"})
    assert table(shape, [{"reply": b"a \x1b[2J\n\n_#\n"}]) == "a \\x1b[2J\n\n_#\n"
    assert written("plain", shape, [{"reply": b"a\nb\n"}]) == "a\\nb\\n\n"


def test_one_thing_is_names_and_values_with_times_for_people():
    assert table(SHOW, [SHOWN]) == (
        f"id               {ID}\n"
        "queue            mail\n"
        "ttl              2h 3m\n"
        "ctime            5m ago\n"
        "nodes_confirmed\n"
        "body             hello\n"
    )


def test_several_things_that_do_not_fit_are_blocks():
    one = table(SHOW, [SHOWN], width=70)
    assert table(SHOWS, [SHOWN, SHOWN], width=70) == f"{one}\n{one}"


def test_info_is_a_block_a_section():
    assert table(INFO, [SECTIONS_OF_INFO]) == (
        "server\ndisque_version  1.0-rc1\nhz              10\n\n"
        "memory\nused_memory              1.2 MiB\nmem_fragmentation_ratio  4.87\n\n"
        "commandstats\nget  calls=1,usec=2\n"
    )


def test_hello_is_a_block_and_the_nodes():
    assert table(HELLO, [HELLOS]) == (
        f"version  1\nnode     {NODE}\n\n"
        "id                                        host       port  priority\n"
        "───────────────────────────────────────────────────────────────────\n"
        f"{NODE}  127.0.0.1  7711         1\n"
        f"{NODE[::-1]}  ::1        7712       100\n"
    )


def test_a_point_in_time_is_readable():
    assert "2026-11-22 01:25:11" in table(SLOWLOG, [{"id": 4, "time": 1_795_310_711, "args": [b"a", b"b"]}])


def test_a_reply_is_numbered_lines():
    reply = [1, [b"x\x1b", [2, 3]], None, {"error": "ERR no"}, []]
    assert table(EXEC, [{"reply": reply}]) == (
        "1) 1\n2) 1) x\\x1b\n   2) 1) 2\n      2) 3\n3) (nil)\n4) (error) ERR no\n5) (empty)\n"
    )
    assert table(EXEC, [{"reply": b"x"}, {"reply": 3}]) == "x\n3\n"


def test_nothing_found_is_a_header_alone():
    assert table(GETJOB, []).splitlines()[0] == "queue  id  body"
    assert table(GETJOB, [], header=False) == ""
    assert table(SHOW, []) == ""
    assert table(QLEN, []) == ""


def test_the_header_can_be_left_out():
    assert table(CONFIG, [{"name": "hz", "value": "10"}], header=False) == "hz  10\n"


def test_columns_are_picked_and_ordered():
    assert table(SHOW, [SHOWN], columns=["ttl", "queue"]).split() == [
        "ttl",
        "queue",
        "─" * 12,
        "2h",
        "3m",
        "mail",
    ]


def test_a_long_title_is_broken_rather_than_the_table():
    lines = table(COUNTERS, [{**JOBS[0], "nacks": 0, "additional_deliveries": 1}], width=80).splitlines()
    assert lines[0].strip() == "additional"
    assert lines[1].split() == ["queue", "id", "body", "nacks", "deliveries"]


widths = st.sampled_from([40, 80, 200])


@settings(deadline=None)
@given(st.lists(st.tuples(bodies, bodies), max_size=4), widths, st.booleans())
def test_no_id_is_cut_and_no_line_runs_over(jobs, width, counters):
    shape = COUNTERS if counters else GETJOB
    records = [
        {"queue": queue, "id": ID, "body": body, "nacks": 1, "additional_deliveries": 123_456_789}
        for queue, body in jobs
    ]
    text = table(shape, records, width=width)
    assert text.count(ID) == len(jobs)
    assert not live_characters(text)
    assert max(map(cell_len, text.splitlines()), default=0) <= width


@settings(deadline=None)
@given(bodies, st.integers(1, 100))
def test_of_one_thing_no_id_is_cut_and_only_an_id_runs_over(body, width):
    lines = table(
        SHOW, [{**SHOWN, "queue": body, "body": body, "nodes_confirmed": [NODE, NODE]}], width=width
    )
    assert lines.count(ID) == 1
    assert lines.count(NODE) == 2
    whole = ("id", "ttl", "ctime", "nodes_confirmed", ID, NODE, "2h 3m", "5m ago", "queue", "body")
    assert all(line in whole for line in lines.splitlines() if cell_len(line) > max(width, 2))


@pytest.mark.parametrize("room", range(4, 12))
def test_a_fold_never_goes_through_an_escape(room):
    text = r"ab\x1b\xe2\n\t\x00cde" + "\u4e2d\u6587" * 3 + r"\xff"
    pieces = folded(text, room)
    assert "".join(pieces) == text
    assert all(cell_len(piece) <= room for piece in pieces)
    assert not any(re.search(r"\\(x[0-9a-f]?)?\Z", piece) for piece in pieces[:-1])


def test_words_stay_whole_where_they_fit():
    assert folded("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert folded("the quick brown fox", 9) == ["the quick", "brown fox"]
    assert folded("the  quick   brown", 8) == ["the ", "quick  ", "brown"]
    assert folded("a " + "x" * 12 + " b", 5) == ["a xxx", "xxxxx", "xxxx", "b"]
    assert folded("a b" + "\u064b" * 3, 3) == ["a b" + "\u064b" * 3]
    assert folded(" " * 9, 4) == ["    ", "    "]


@pytest.mark.parametrize("mark", ["\u0301", "\u064b", "\ufe0f"])
def test_a_text_may_begin_with_a_combining_character(mark):
    # Some versions of Rich look for the character before it for ever.
    assert folded(f"{mark}abc\u4e2dxyz", 4) == [f"{mark}abc", "\u4e2dxy", "z"]


def test_the_items_of_a_list_stay_whole_where_they_fit():
    nodes = [f"127.0.0.1:{port}" for port in (7711, 7712, 7713)]
    shape = Shape(("queue", "nodes"), many=True, folds=True)
    lines = table(shape, [{"queue": b"q", "nodes": nodes}], width=24).splitlines()[2:]
    assert [line[1:].strip() for line in lines] == [f"{nodes[0]},", f"{nodes[1]},", nodes[2]]
    assert folded("aa,bb,cc", 6, ",") == ["aa,bb,", "cc"]
    assert folded("aa,bb,cc", 7, ",") == ["aa,bb,", "cc"]
    assert folded("aaaaaaa,b", 4, ",") == ["aaaa", "aaa,", "b"]


def test_a_folded_body_is_all_there():
    body = b"0123456789" * 30
    lines = table(GETJOB, [{"queue": b"q", "id": ID, "body": body}], width=80).splitlines()[2:]
    assert "".join(line[49:] for line in lines) == body.decode()


@settings(deadline=None)
@given(st.lists(st.tuples(bodies, bodies, st.integers(0, 10**9)), min_size=1, max_size=5))
def test_table_and_csv_on_a_terminal_agree_cell_for_cell(jobs):
    shape = Shape(("queue", "body", "nacks"), many=True, folds=True)
    records = [{"queue": queue, "body": body, "nacks": nacks} for queue, body, nacks in jobs]
    lines = table(shape, records, width=100_000).splitlines()
    rows = list(csv.reader(io.StringIO(written("csv", shape, records, pretty=True), newline="")))
    assert lines[0].split() == rows[0]
    assert len(lines[2:]) == len(rows[1:])
    for line, (queue, body, nacks) in zip(lines[2:], rows[1:], strict=True):
        assert line.split() == f"{queue} {body} {nacks}".split()


@pytest.mark.parametrize("body", HOSTILE)
@pytest.mark.parametrize("width", [40, 200])
@pytest.mark.parametrize("color", [False, True])
def test_nothing_from_a_queue_is_obeyed(body, width, color):
    record = {"queue": body, "id": ID, "body": body}
    text = table(GETJOB, [record], width=width, color=color)
    calm = table(GETJOB, [{**record, "queue": b"q", "body": b"q"}], width=width, color=color)
    assert live_characters(text) == live_characters(calm)
    assert text.count("\x1b") == calm.count("\x1b")


@pytest.mark.parametrize("text", ["a[red]b", "[/bold]", "[link=http://example.org]x[/link]", ":smile: \\[x]"])
def test_markup_is_shown_as_it_stands(text):
    assert (
        table(GETJOB, [{"queue": text.encode(), "id": ID, "body": text.encode()}], width=200).count(text) == 2
    )
    assert text in table(SHOW, [{"queue": text.encode()}])
    assert text in table(EXEC, [{"reply": text.encode()}])
    assert text in table(INFO, [{text: {text: text}}])


def test_wide_characters_line_up():
    records = [{"queue": name.encode(), "length": 7} for name in ("日本語", "😀", "abc")]
    lines = table(QLENS, records).splitlines()[:-1]
    assert len({cell_len(line) for line in lines}) == 1


def test_there_is_colour_only_when_it_was_asked_for(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in table(GETJOB, JOBS)
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert f"\x1b[36m{ID}\x1b[0m" in table(GETJOB, JOBS, color=True)


def test_the_width_is_the_one_given(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("TERM", "dumb")
    assert table(GETJOB, JOBS, width=200).splitlines()[2] == f"mail     {ID}  hello"


def test_ids_have_the_colour_of_the_theme():
    assert f"\x1b[34m{ID}\x1b[0m" in table(GETJOB, JOBS, color=True, theme="light")
    assert f"  {ID}  " in table(GETJOB, JOBS, color=True, theme="none")
