"""`ack -` and its family: IDs from stdin; bodies from words, stdin and files."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode, close

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def test_ids_come_from_stdin_one_a_line(node):
    with Client(node) as client:
        ids = [client.addjob("q", "x") for _ in range(5)]
        lines = "\n".join([ids[0], "", f"  {ids[1]}\r", UNKNOWN, *ids[2:]])
        for command, count in (("dequeue", 5), ("enqueue", 5), ("dequeue", 5), ("nack", 5), ("ack", 5)):
            done = run_disquectl(command, "-", stdin=lines.encode(), node=node)
            assert (done.code, done.out, done.err) == (0, f"{count}\n", "")
        assert client.qlen("q") == 0
    assert run_disquectl("ack", "-", "-o", "json", node=node).out == '{"count":0}\n'
    assert run_disquectl("ack", UNKNOWN, ids[0], node=node, stdin=b"junk").out == "0\n"


def test_a_wrong_line_does_not_hold_up_the_others(node):
    with Client(node) as client:
        job_id = client.addjob("q", "x")
    done = run_disquectl("deljob", "-", stdin=f"\nbad [/x]\x1b\n{job_id}".encode(), node=node)
    assert (done.code, done.out) == (3, "1\n")
    assert done.err == (
        "disquectl: line 2: BADID not a job ID: bad [/x]\\x1b\n"
        "disquectl: 1 IDs sent, 1 lines refused, 1 counted\n"
    )
    done = run_disquectl("deljob", "-", stdin=b"bad\n", node=node)
    assert (done.code, done.out) == (1, "0\n")
    done = run_disquectl("deljob", "bad", node=node)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("disquectl: BADID Invalid Job ID format. (a job ID has 40 characters")


def test_many_ids_go_in_batches_and_a_lost_one_tells_how_far_it_came():
    with ScriptedNode([b"-ERR\r\n", b":7\r\n", close]) as server:
        lines = f"{UNKNOWN}\n".encode() * 1500
        done = run_disquectl("nack", "-", stdin=lines, node=server.address)
        assert (done.code, done.out) == (8, "")
        assert server.requests[0] == [b"HELLO"]
        sent = len(server.requests[1]) - 1
        assert sent <= 1000
        assert done.err.startswith(f"disquectl: {sent} IDs were sent before, 7 of them counted\n")


@pytest.mark.parametrize(
    "body",
    [b"", b"line\nline\n", b"\x00\xff" * 10, b"x" * 300_000],
)
def test_a_body_from_stdin_or_a_file_keeps_every_byte(body, node, tmp_path):
    (tmp_path / "body").write_bytes(body)
    assert run_disquectl("addjob", "q", "-", stdin=body, node=node).code == 0
    assert run_disquectl("addjob", "q", "--file", str(tmp_path / "body"), node=node).code == 0
    assert run_disquectl("addjob", "q", "--file", "-", stdin=body, node=node).code == 0
    for _ in range(3):
        done = run_disquectl("getjob", "q", "-o", "raw", "--ack", node=node)
        assert (done.code, done.raw) == (0, body)
    with Client(node) as client:
        assert list(client.jscan_all()) == []


def test_lines_of_stdin_by_the_name_of_a_dash(node):
    done = run_disquectl("addjob", "q", "--lines", "--file", "-", stdin=b"a\nb\n", node=node)
    assert (done.code, len(done.out.split())) == (0, 2)


def test_a_file_that_cannot_be_read_is_9_and_nothing_is_sent():
    with ScriptedNode([close]) as server:
        for path in ("/no/such/file", "/"):
            done = run_disquectl("addjob", "q", "--file", path, node=server.address)
            assert (done.code, done.out) == (9, "")
            assert done.err.startswith(f"disquectl: cannot read {path}: ")
        assert server.accepted == 0


def test_every_option_of_addjob_and_getjob_reaches_disque():
    with ScriptedNode([b"+D-x\r\n"], [b"*-1\r\n"]) as server:
        added = "addjob -5 b --timeout 2s --replicate 2 --delay 1m --retry 0 --ttl 2h --maxlen 9 --async"
        assert run_disquectl(*added.split(), node=server.address).out == "D-x\n"
        got = "getjob FROM b --nohang --timeout 500ms --count 3 --withcounters"
        assert run_disquectl(*got.split(), node=server.address).code == 4
    lines = [b" ".join(words).decode() for words in server.requests]
    assert lines == [
        "ADDJOB -5 b 2000 REPLICATE 2 DELAY 60 RETRY 0 TTL 7200 MAXLEN 9 ASYNC",
        "GETJOB NOHANG TIMEOUT 500 COUNT 3 WITHCOUNTERS FROM FROM b",
    ]
