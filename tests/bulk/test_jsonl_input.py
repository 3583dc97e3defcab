"""addjob --jsonl: which queue a job goes to, and input that is not lines of JSON at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl import Client
from disquectl.bulk.encoding import BOM, Utf8Start
from disquectl.bulk.jsonl import JobLines
from disquectl.errors import UsageError
from tests.conftest import run_disquectl

LINES = b'{"body": "a", "queue": "own"}\n{"body": "b"}\n{"body": "c", "queue": "to"}\n'
LINES += b'{"body": "d", "queue_base64": "/w=="}\n'


def lengths(node, *queues):
    with Client(node) as client:
        return [client.qlen(queue) for queue in queues]


def test_the_queue_of_the_command_line_wins_and_stderr_says_so_once_and_counts(node):
    done = run_disquectl("addjob", "to", "--jsonl", stdin=LINES, node=node)
    assert done.code == 0
    assert lengths(node, "to", "own", b"\xff") == [4, 0, 0]
    first, count = done.err.splitlines()
    assert "line 1 names queue 'own', but its job goes to 'to' (--queue-from-line" in first
    assert count.endswith("2 lines name another queue")


def test_with_queue_from_line_the_line_wins(node):
    done = run_disquectl("addjob", "to", "--jsonl", "--queue-from-line", stdin=LINES, node=node)
    assert (done.code, done.err) == (0, "")
    assert lengths(node, "to", "own", b"\xff") == [2, 1, 1]


def test_without_a_queue_each_line_has_to_name_one(node):
    done = run_disquectl("addjob", "--jsonl", stdin=LINES, node=node)
    assert done.code == 3
    assert "line 2: ERR no queue" in done.err
    assert lengths(node, "to", "own", b"\xff") == [1, 1, 1]


def test_jobs_taken_from_one_queue_are_added_to_another(node):
    run_disquectl("addjob", "a", "x", node=node)
    taken = run_disquectl("getjob", "a", "--ack", "-o", "jsonl", node=node)
    done = run_disquectl("addjob", "b", "--jsonl", "--quiet", stdin=taken.raw, node=node)
    assert (done.code, done.err) == (0, "")
    assert lengths(node, "a", "b") == [0, 1]


def test_queue_from_line_is_for_lines_that_can_name_one(node):
    done = run_disquectl("addjob", "q", "--lines", "--queue-from-line", stdin=b"a\n", node=node)
    assert done.code == 2
    assert "--queue-from-line" in done.err


def test_the_keys_of_a_dumped_job_are_taken_or_ignored():
    dumped = {
        "id": "D-x",
        "queue": "q",
        "body": "b",
        "created": "2026-01-01T00:00:00Z",
        "expires": "2026-01-02T00:00:00Z",
        "ttl": 86400,
        "retry": 300,
        "delay": 0,
        "due": None,
        "replicate": 1,
        "nacks": 0,
        "additional_deliveries": 2,
        "state": "queued",
    }
    request = JobLines(None, 0, {}, in_order=False).request(json.dumps(dumped).encode(), 1)
    assert request is not None
    for words in (b"REPLICATE\r\n$1\r\n1\r\n", b"RETRY\r\n$3\r\n300\r\n", b"TTL\r\n$5\r\n86400\r\n"):
        assert words in request[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("options", [[], ["--skip", "1"]])
def test_wide_characters_are_refused_before_a_job_is_added(encoding, options, node):
    text = '{"body": "a"}\n{"body": "b"}\n'.encode(encoding)
    done = run_disquectl("addjob", "q", "--jsonl", *options, stdin=text, node=node)
    assert (done.code, done.out) == (2, "")
    assert encoding[:6].upper() in done.err
    assert "iconv -f UTF-" in done.err
    assert lengths(node, "q") == [0]


def test_a_byte_order_mark_of_utf_8_is_dropped(node, tmp_path):
    file = tmp_path / "lines"
    file.write_bytes(BOM + b'{"body": "a"}\n{"body": "b"}')
    done = run_disquectl("addjob", "q", "--jsonl", "--file", str(file), node=node)
    assert (done.code, done.err) == (0, "")
    assert lengths(node, "q") == [2]


def test_lines_are_taken_as_they_are_whatever_their_first_bytes(node):
    done = run_disquectl("addjob", "q", "--lines", stdin=BOM + b"a\n", node=node)
    assert done.code == 0
    with Client(node) as client:
        assert [job["body"] for job in client.qpeek("q", 2)] == [BOM + b"a"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (b'{\n  "body": "a"\n}\n', "jq -c ."),
        (b'\n[\n  {"body": "a"}\n]\n', "jq -c '.[]'"),
        (b'[ {\n"body": "a"}]\n', "jq -c '.[]'"),
    ],
)
def test_json_over_several_lines_is_recognised_and_nothing_is_added(text, advice, node):
    done = run_disquectl("addjob", "q", "--jsonl", stdin=text, node=node)
    assert (done.code, done.out) == (2, "")
    assert advice in done.err
    assert len(done.err.splitlines()) == 1


@given(st.binary(max_size=9), st.lists(st.integers(0, 9), max_size=4))
def test_the_first_bytes_are_judged_together_however_they_come(data, cuts):
    def fed(places):
        start, out, at = Utf8Start("x"), b"", 0
        for place in [*sorted(places), len(data)]:
            if data[at:place]:
                out += start.feed(data[at:place])
            at = max(at, place)
        return out + start.feed(b"")

    try:
        whole = fed([])
    except UsageError:
        with pytest.raises(UsageError):
            fed(cuts)
    else:
        assert fed(cuts) == whole == data.removeprefix(BOM)
