"""plain, tsv and raw: lines for scripts."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    QSCAN,
    SECTIONS_OF_INFO,
    SHOW,
    SHOWN,
    SHOWS,
    SLOWLOG,
    bodies,
    live_characters,
    raw_written,
    written,
)

LENGTH = {"queue": b"mail", "length": 3}


@pytest.mark.parametrize(
    ("shape", "records", "expected"),
    [
        (GETJOB, JOBS, f'mail\t{ID}\thello\nzeit 日\t{ID}\ta,"b"\\n\\\\\\xff\n'),
        (GETJOB, [], ""),
        (QLEN, [LENGTH], "3\n"),
        (QLENS, [LENGTH, {"queue": b"b", "length": 0}], "mail\t3\nb\t0\n"),
        (
            SHOW,
            [SHOWN],
            f"id\t{ID}\nqueue\tmail\nttl\t7380\nctime\t1795310711560000000\nnodes_confirmed\t\nbody\thello\n",
        ),
        (SHOWS, [SHOWN], f"{ID}\tmail\t7380\t1795310711560000000\t\thello\n"),
        (CONFIG, [{"name": "hz", "value": "10"}], "hz\t10\n"),
        (
            INFO,
            [SECTIONS_OF_INFO],
            "disque_version\t1.0-rc1\nhz\t10\nused_memory\t1258291\nmem_fragmentation_ratio\t4.87\n"
            "get\tcalls=1,usec=2\n",
        ),
        (
            HELLO,
            [HELLOS],
            f"version\t1\nnode\t{NODE}\nnodes\t{NODE},127.0.0.1,7711,1\nnodes\t{NODE[::-1]},::1,7712,100\n",
        ),
        (SLOWLOG, [{"id": 4, "time": 1, "args": [b"a", b"b"]}], "4\t1\ta,b\n"),
        (QSCAN, [{"queue": None}], "\n"),
        (EXEC, [{"reply": None}], "\n"),
        (EXEC, [{"reply": 3}], "3\n"),
        (EXEC, [{"reply": [1, [b"x", [2, 3]], {"error": "ERR no"}]}], "1\nx\t2,3\n(error) ERR no\n"),
        (EXEC, [{"reply": []}], ""),
    ],
)
def test_plain_has_a_layout_for_each_shape(shape, records, expected):
    assert written("plain", shape, records) == expected


@pytest.mark.parametrize(
    ("shape", "records", "expected"),
    [
        (GETJOB, JOBS[:1], f"queue\tid\tbody\nmail\t{ID}\thello\n"),
        (GETJOB, [], "queue\tid\tbody\n"),
        (QLEN, [LENGTH], "queue\tlength\nmail\t3\n"),
        (INFO, [{"server": {"hz": 10}}], "section\tfield\tvalue\nserver\thz\t10\n"),
        (
            HELLO,
            [{**HELLOS, "nodes": HELLOS["nodes"][:1]}],
            f"version\tnode\tid\thost\tport\tpriority\n1\t{NODE}\t{NODE}\t127.0.0.1\t7711\t1\n",
        ),
        (EXEC, [{"reply": [1, [2, 3]]}], "reply\n1\n2,3\n"),
    ],
)
def test_tsv_is_rows_under_a_header(shape, records, expected):
    assert written("tsv", shape, records) == expected


def test_tsv_without_its_header():
    assert written("tsv", QLEN, [LENGTH], header=False) == "mail\t3\n"
    assert written("tsv", QLEN, [], header=False) == ""


def test_plain_has_no_header_to_leave_out():
    assert written("plain", QLENS, [LENGTH], header=False) == written("plain", QLENS, [LENGTH])


@given(st.lists(st.tuples(bodies, bodies)))
def test_any_names_and_bodies_are_one_line_a_job_and_come_back_whole(jobs):
    text = written("plain", GETJOB, [{"queue": queue, "id": ID, "body": body} for queue, body in jobs])
    assert not live_characters(text.replace("\t", ""))
    found = [line.split("\t") for line in text.split("\n")[:-1]]
    assert [tuple(codecs.escape_decode(cell.encode())[0] for cell in (q, b)) for q, _, b in found] == jobs


def test_a_long_body_is_neither_cut_nor_wrapped():
    assert written("plain", SHOW, [{"body": b"x" * 100_000}], width=40) == "body\t" + "x" * 100_000 + "\n"


@pytest.mark.parametrize("body", HOSTILE)
def test_raw_is_one_body_and_nothing_else(body):
    assert raw_written("raw", GETJOB, [{"queue": b"q", "id": ID, "body": body}]) == body
    assert raw_written("raw", SHOW, [{**SHOWN, "body": body}]) == body


@given(st.lists(bodies))
def test_raw_bodies_are_joined_by_newline_or_nul(jobs):
    records = [{"queue": b"q", "id": ID, "body": body} for body in jobs]
    assert raw_written("raw", GETJOB, records) == b"\n".join(jobs)
    assert raw_written("raw", GETJOB, records, null=True) == b"\0".join(jobs)


@pytest.mark.parametrize(
    ("shape", "records", "expected"),
    [
        (QLENS, [LENGTH, LENGTH], b"3\n3"),
        (QSCAN, [{"queue": b"a\x1b"}, {"queue": b"\xff"}], b"a\x1b\n\xff"),
        (CONFIG, [{"name": "hz", "value": "10"}], b"10"),
        (SLOWLOG, [{"id": 4, "time": 1, "args": [b"\t", b"b"]}], b"4\t1\t\t,b"),
        (INFO, [{"server": {"hz": 10, "os": "x"}}], b"hz\t10\nos\tx"),
        (EXEC, [{"reply": b"\xff\x1b"}], b"\xff\x1b"),
        (EXEC, [{"reply": [1, [b"a", None], {"error": "ERR no"}]}], b"1\na\n\nERR no"),
        (EXEC, [{"reply": {"error": "ERR no"}}], b"ERR no"),
        (EXEC, [{"reply": None}], b""),
    ],
)
def test_raw_without_a_body_is_the_value_that_counts(shape, records, expected):
    assert raw_written("raw", shape, records) == expected
