"""Nodes that are not there, not Disque, or do not answer as they should: exit codes 5, 6, 7 and 8."""

from __future__ import annotations

import pytest

from tests.conftest import run_disquectl
from tests.support.scripted_node import AtOnce, ScriptedNode, close, drip, refused_address, silent

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
SOON = ("--response-timeout", "100ms")

# What changes nothing, what may be repeated, and what may not.
READS = (["qlen", "q"], ["show", ID], ["qscan"], ["ack", ID], ["fastack", ID], ["exec", "qlen", "q"])
WRITES = (
    ["addjob", "q", "body"],
    ["getjob", "q", "--nohang"],
    ["nack", ID],
    ["deljob", ID],
    ["working", ID],
    ["pause", "q", "in"],
    ["exec", "nack", ID],
)


def half(conn):
    conn.sendall(b"$100\r\nonly half of")
    conn.close()


def garbage(conn):
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    silent(conn)


@pytest.mark.parametrize("args", READS, ids=" ".join)
def test_a_read_is_sent_again_elsewhere_and_without_an_answer_ends_with_6(args):
    with ScriptedNode([close]) as first, ScriptedNode([silent]) as second:
        nodes = f"{first.address},{second.address}"
        done = run_disquectl(*args, *SOON, node=nodes) if args[0] != "exec" else None
        done = done or run_disquectl(*SOON, *args, node=nodes)
        assert (done.code, done.out) == (6, "")
        assert done.err.startswith(f"disquectl: {second.address}: no answer within 0.1s")
        assert first.requests == second.requests


@pytest.mark.parametrize("args", WRITES, ids=" ".join)
def test_a_write_is_sent_once_and_ends_with_8(args):
    with ScriptedNode([half], [close]) as first, ScriptedNode([close]) as second:
        done = run_disquectl(*args, node=f"{first.address},{second.address}")
        assert (done.code, done.out) == (8, "")
        assert "the request was sent, then the connection broke (closed by the node)" in done.err
        assert done.err.count("\n") == 1
        assert (len(first.requests), second.accepted) == (1, 0)


def test_monitor_ends_with_the_connection_and_waits_for_no_answer_for_ever():
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
    line = b'+1.5 [127.0.0.1:1] "PING"\r\n'
    for steps, code, out, told in (
        ([b"+OK\r\n" + line], 5, "1.5\t127.0.0.1:1\tPING\n", "the connection was lost"),
        ([b"+OK\r\n" + line + b"$9\r\nhal"], 5, "1.5\t127.0.0.1:1\tPING\n", "the connection was lost"),
        ([b":1\r\n", silent], 5, "", "unexpected reply to MONITOR: an integer"),
        ([silent], 6, "", "no answer within 0.1s"),
    ):
        with ScriptedNode([hello, *steps]) as server:
            done = run_disquectl(*SOON, "monitor", node=server.address)
        assert (done.code, done.out, done.err.count("\n")) == (code, out, 1)
        assert told in done.err


def test_a_write_that_is_never_answered_ends_with_8():
    with ScriptedNode([silent]) as server:
        done = run_disquectl(*SOON, "addjob", "q", "body", "--timeout", "10ms", node=server.address)
        assert (done.code, done.out) == (8, "")
        assert "no answer came within 0.11s" in done.err


def test_an_endless_answer_ends_with_the_response_timeout():
    with ScriptedNode([drip]) as server:
        done = run_disquectl(*SOON, "qpeek", "q", node=server.address)
        assert (done.code, done.out) == (6, "")


def test_a_reply_larger_than_any_of_disque_is_none():
    def endless(conn):
        conn.sendall(b"$99999999999\r\n" + b"x" * 100_000)
        silent(conn)

    with ScriptedNode([endless]) as server:
        done = run_disquectl(*SOON, "qpeek", "q", node=server.address)
        assert done.code in (5, 6)
        assert done.err.count("\n") == 1


def test_garbage_is_no_disque():
    with ScriptedNode([garbage]) as server:
        done = run_disquectl("qlen", "q", node=server.address)
        assert (done.code, done.out) == (5, "")
        assert done.err.startswith(f"disquectl: {server.address} does not speak Disque's protocol: ")


def test_an_error_within_an_array_stays_in_its_place():
    reply = b"*3\r\n:1\r\n-ERR inside\r\n$2\r\nhi\r\n"
    with ScriptedNode([reply], [reply]) as server:
        done = run_disquectl("-o", "json", "exec", "qpeek", "q", "1", node=server.address)
        assert (done.code, done.out) == (0, '[1,{"error":"ERR inside"},"hi"]\n')
        done = run_disquectl("qpeek", "q", node=server.address)
        assert (done.code, done.out) == (5, "")
        assert "unexpected reply to QPEEK" in done.err


def test_a_redis_is_named_before_it_is_changed():
    info = b"$21\r\nredis_version:7.2.4\r\n\r\n"
    unknown = b"-ERR unknown command 'X', with args beginning with: \r\n"
    for args in (["qlen", "q"], ["shutdown", "--yes"], ["config", "get", "*"], ["ping"]):
        with ScriptedNode([unknown, info]) as server:
            done = run_disquectl(*args, node=server.address)
            assert (done.code, done.out) == (5, "")
            assert f"{server.address} is a Redis 7.2.4, not a Disque" in done.err
            verbs = [words[0] for words in server.requests]
            assert verbs in ([b"QLEN", b"INFO"], [b"HELLO", b"INFO"])


def test_a_redis_is_named_behind_several_names_and_lines_too():
    info = b"$21\r\nredis_version:7.2.4\r\n\r\n"
    unknown = AtOnce(b"-ERR unknown command 'QLEN', with args beginning with: \r\n" * 2)
    for args in (["qlen", "a", "b"], ["exec", "-"]):
        with ScriptedNode([lambda _: None, lambda _: None, unknown, info]) as server:
            done = run_disquectl(*args, stdin=b"qlen a\nqlen b\n", node=server.address)
        assert (done.code, done.out) == (5, "")
        assert f"{server.address} is a Redis 7.2.4, not a Disque" in done.err


def test_a_redis_that_answers_hello_is_named():
    hello = b"*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n"
    for args in (["hello"], ["hello", "--cluster"], ["ping"], ["getjob", "q", "--follow"]):
        with ScriptedNode([hello, silent], [hello, silent]) as server:
            done = run_disquectl(*args, node=server.address)
        assert (done.code, done.out) == (5, "")
        assert "is a Redis 7.2.4, not a Disque" in done.err


def test_a_refusal_is_told_when_nothing_more_can_be_learned():
    unknown = b"-ERR unknown command 'QLEN'\r\n"
    for after in (silent, close):
        with ScriptedNode([unknown, after], [after]) as server:
            done = run_disquectl(*SOON, "qlen", "q", node=server.address)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("disquectl: ERR unknown command 'QLEN' (")


@pytest.mark.parametrize("reply", [b"%1\r\n+a\r\n+b\r\n", b"*2\r\n$-1\r\n-ERR in\r\n", b",1.5\r\n"])
@pytest.mark.parametrize("line", ["ping", "client getname", "slowlog len", "cluster myid"])
def test_what_no_disque_answers_is_no_bug(line, reply):
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
    with ScriptedNode([hello, reply]) as server:
        done = run_disquectl(*line.split(), node=server.address)
    assert (done.code, done.out) == (5, "")
    assert done.err.startswith(f"disquectl: unexpected reply to {line.upper()}: ")


@pytest.mark.parametrize("reply", [b"%1\r\n+a\r\n+b\r\n", b"*1\r\n,1.5\r\n"])
def test_exec_shows_what_resp_2_has(reply):
    for args in (["exec", "qlen", "q"], ["exec", "-"]):
        with ScriptedNode([reply]) as server:
            done = run_disquectl(*args, stdin=b"qlen q\n", node=server.address)
        assert (done.code, done.out) == (5, "")
        assert done.err.startswith("disquectl: unexpected reply to QLEN: ")


@pytest.mark.parametrize("reply", [b"+OK\r\n", b":1\r\n", b"$-1\r\n", b"+D-\xff\r\n", b"*0\r\n"])
def test_what_addjob_answers_looks_like_an_id(reply):
    with ScriptedNode([reply]) as server:
        done = run_disquectl("addjob", "q", "body", node=server.address)
    assert (done.code, done.out) == (8, "")
    assert done.err.startswith("disquectl: unexpected reply to ADDJOB: ")
    assert "it may or may not have been carried out" in done.err


def test_no_node_is_5_and_every_seed_is_named_with_its_reason():
    first, second = refused_address(), refused_address()
    done = run_disquectl("qlen", "q", node=f"{first},{second}")
    assert (done.code, done.out) == (5, "")
    assert done.err == (
        f"disquectl: {first}: connection refused; {second}: connection refused "
        "(Is a Disque running there? Name one by --node or DISQUE_NODES.)\n"
    )
    done = run_disquectl("qlen", "q", "-n", "unix:/no/such.sock")
    assert (done.code, done.err.split(" (")[0]) == (
        5,
        "disquectl: unix:/no/such.sock: no such file or directory",
    )
    done = run_disquectl("qlen", "q", "-n", "no.such.host.invalid")
    assert done.code == 5
    assert done.err.startswith("disquectl: no.such.host.invalid:7711: the name is not found")


def test_the_next_seed_is_taken_when_the_first_is_down(node):
    done = run_disquectl("addjob", "q", "body", node=f"{refused_address()},{node}")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("D-")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"-NOREPL Timeout reached before replicating to the requested number of nodes\r\n", 8),
        (b"-NOREPL job removed (expired?) before the requested replication level was achieved\r\n", 8),
        (b"-NOREPL Not enough reachable nodes for the requested replication level\r\n", 1),
        (b"-MAXLEN Queue is already longer than the specified MAXLEN count\r\n", 1),
        (b"-PAUSED Queue paused in input, try later\r\n", 1),
        (b"-NOAUTH Authentication required.\r\n", 7),
    ],
)
def test_what_addjob_was_answered_decides_on_the_code(reply, code):
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
    with ScriptedNode([reply, hello]) as server:
        done = run_disquectl("addjob", "q", "body", "--replicate", "3", node=server.address)
    assert (done.code, done.out) == (code, "")
    text = reply[1:-2].decode()
    assert done.err.startswith(f"disquectl: {text} (")
    assert done.err.endswith(")\n")
    if text.startswith("NOREPL"):
        assert "1 of 1 known nodes answered HELLO" in done.err


def test_shutdown_that_closes_the_connection_is_done():
    hello = b"*3\r\n:1\r\n$1\r\na\r\n*4\r\n$1\r\na\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
    with ScriptedNode([hello, close]) as server:
        done = run_disquectl("shutdown", "--yes", node=server.address)
    assert (done.code, done.out, done.err) == (0, "OK\n", "")
    with ScriptedNode([hello, b"-ERR Errors trying to SHUTDOWN. Check logs.\r\n"]) as server:
        done = run_disquectl("shutdown", "--yes", node=server.address)
    assert (done.code, done.out) == (1, "")


def test_a_node_that_is_full_turns_us_away_and_the_next_is_asked(node):
    full = AtOnce(b"-ERR max number of clients reached\r\n")
    with ScriptedNode([full], [full]) as server:
        done = run_disquectl("addjob", "q", "b", node=f"{server.address},{node}")
        assert (done.code, done.err) == (0, "")
