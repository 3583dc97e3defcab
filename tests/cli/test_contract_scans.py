"""qscan and jscan: to the end, each name once, a page by its cursor."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode, close


def test_scans_walk_to_the_end_and_show_each_once(node):
    with Client(node) as client:
        ids = {client.addjob(f"q{number % 30}", "x") for number in range(60)}
    done = run_disquectl("qscan", "--count", "3", node=node)
    assert (done.code, done.err) == (0, "")
    assert sorted(done.out.split()) == sorted(f"q{number}" for number in range(30))
    done = run_disquectl("jscan", "--count", "7", node=node)
    assert len(done.out.split()) == 60
    assert set(done.out.split()) == ids
    done = run_disquectl("jscan", "--queue", "q7", "--state", "queued", "--state", "active", node=node)
    assert len(done.out.split()) == 2
    assert run_disquectl("qscan", "--minlen", "3", "--busyloop", node=node).out == ""


def test_a_page_by_its_cursor_says_the_next_on_stderr(node):
    with Client(node) as client:
        for number in range(40):
            client.addjob(f"q{number}", "x")
    cursor, names = "0", set()
    while True:
        done = run_disquectl("qscan", "--count", "15", "--cursor", cursor, node=node)
        assert done.code == 0
        label, _, cursor = done.err.strip().rpartition(" ")
        assert label == "next cursor:"
        names |= set(done.out.split())
        if cursor == "0":
            break
    assert names == {f"q{number}" for number in range(40)}


@pytest.mark.parametrize(
    ("second", "code", "told"),
    # Tried once more it is refused, or reset where the node was just about to stop listening.
    [([b"-ERR no more\r\n"], 1, "ERR no more"), ([close], 5, "connection re")],
)
def test_a_scan_that_fails_half_way_shows_what_came_and_says_so(second, code, told):
    page = b"*2\r\n$1\r\n7\r\n*1\r\n$4\r\nmail\r\n"
    with ScriptedNode([page, *second]) as node:
        done = run_disquectl("qscan", "-o", "json", node=node.address)
        assert [words[1] for words in node.requests] == [b"0", b"7"]
    assert (done.code, done.out) == (code, '[{"queue":"mail"}]\n')
    assert told in done.err


def test_a_column_that_is_none_is_found_before_a_scan_begins():
    assert run_disquectl("qscan", "--columns", "size", node="127.0.0.1:1").code == 2
