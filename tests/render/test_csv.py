"""CSV as Python's own csv module reads it: text comes back as it was."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .samples import (
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
    QSCAN,
    SECTIONS_OF_INFO,
    SHOW,
    SHOWN,
    bodies,
    live_characters,
    written,
)


def read(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True, lineterminator="\n"))


def shown(body):
    """The text of a cell by the rule of the documentation."""
    return body.decode("utf-8", "backslashreplace")


@given(st.lists(st.tuples(bodies, bodies)))
def test_every_row_comes_back_whole(jobs):
    text = written("csv", GETJOB, [{"queue": queue, "id": ID, "body": body} for queue, body in jobs])
    header, *found = read(text)
    assert header == ["queue", "id", "body"]
    assert [(queue, body) for queue, _, body in found] == [
        (shown(queue), shown(body)) for queue, body in jobs
    ]


@given(bodies)
def test_a_row_of_one_cell_is_a_row_whatever_it_holds(name):
    assert [cell for (cell,) in read(written("csv", QSCAN, [{"queue": name}]))[1:]] == [shown(name)]


@pytest.mark.parametrize("body", HOSTILE)
def test_no_live_character_reaches_a_terminal(body):
    text = written("csv", GETJOB, [{"queue": body, "id": ID, "body": body}], pretty=True)
    assert not live_characters(text)
    assert len(text.splitlines()) == 2


def test_json_in_a_cell_is_still_json():
    body = '{"a": "\u2028 \u202e \x85", "path": "C:\\\\x41"}'.encode()
    ((_, _, cell),) = read(written("csv", GETJOB, [{"queue": b"q", "id": ID, "body": body}]))[1:]
    assert cell.encode() == body


@pytest.mark.parametrize(
    ("shape", "records", "expected"),
    [
        (GETJOB, JOBS, f'queue,id,body\nmail,{ID},hello\nzeit 日,{ID},"a,""b""\n\\\\xff"\n'),
        (GETJOB, [], "queue,id,body\n"),
        (QLEN, [{"queue": b"q", "length": 3}], "queue,length\nq,3\n"),
        (
            SHOW,
            [SHOWN],
            f"id,queue,ttl,ctime,nodes_confirmed,body\n{ID},mail,7380,1795310711560000000,,hello\n",
        ),
        (
            INFO,
            [SECTIONS_OF_INFO],
            "section,field,value\nserver,disque_version,1.0-rc1\nserver,hz,10\nmemory,used_memory,1258291\n"
            'memory,mem_fragmentation_ratio,4.87\ncommandstats,get,"calls=1,usec=2"\n',
        ),
        (
            HELLO,
            [HELLOS],
            f"version,node,id,host,port,priority\n1,{NODE},{NODE},127.0.0.1,7711,1\n"
            f"1,{NODE},{NODE[::-1]},::1,7712,100\n",
        ),
        (EXEC, [{"reply": None}], 'reply\n""\n'),
        (EXEC, [{"reply": [1, None, [2, 3]]}], 'reply\n1\n""\n"2,3"\n'),
    ],
)
def test_csv_is_rows_under_a_header(shape, records, expected):
    assert written("csv", shape, records) == expected


@pytest.mark.parametrize(
    ("body", "cell"),
    [
        (b'{"a":"b\\n"}', '"{""a"":""b\\n""}"'),
        (b"two\nlines\tand a tab", '"two\nlines\tand a tab"'),
        (b"dos\r\n", '"dos\r\n"'),
        (b"over\rwritten", '"over\rwritten"'),
        (b"\x1b[31m\0", "\x1b[31m\0"),
        (b"C:\\dir", "C:\\dir"),
        (b"C:\\xdir", "C:\\xdir"),
        (b"\xff\\", "\\xff\\"),
        (b"=1+1", "=1+1"),
    ],
)
def test_only_cells_that_need_it_are_quoted_or_escaped(body, cell):
    assert written("csv", QSCAN, [{"queue": body}], header=False) == cell + "\n"


def test_csv_without_its_header():
    assert written("csv", QSCAN, [], header=False) == ""
