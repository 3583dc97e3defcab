"""ACKJOB of a job in state wait-repl crashes Disque; in the sandbox that node stops."""

from __future__ import annotations

import socket

import pytest

from tests.sandbox.processes import finish, start

from .bench import Bench, encode


def waiting_job(bench: Bench) -> str:
    """Add a job at node 0 that waits for a replica, because the last node takes none."""
    last = len(bench.nodes) - 1
    bench.call("PAUSE", "q", "in", node=last)
    assert bench.send(bench.connect(), "ADDJOB", "q", "b", "0", "REPLICATE", str(last + 1)) == []
    (job_id,) = bench.call("JSCAN", "STATE", "wait-repl")[1]
    return str(job_id)


def test_ackjob_of_a_job_in_wait_repl_is_answered_and_stops_the_node() -> None:
    bench = Bench(nodes=3)
    job_id = waiting_job(bench)
    assert bench.call("ACKJOB", job_id) == 1
    assert not bench.nodes[0].stops
    bench.wait(0.1)
    assert [node.stops for node in bench.nodes] == [True, False, False]
    assert [bench.state(job_id, node) for node in (1, 2)] == [None, None]


@pytest.mark.parametrize("word", ["FASTACK", "DELJOB"])
def test_deleting_a_job_in_wait_repl_stops_nothing(word: str) -> None:
    bench = Bench(nodes=3)
    job_id = waiting_job(bench)
    assert bench.call(word, job_id) == 1
    bench.wait(0.2)
    assert not bench.nodes[0].stops


def test_ackjob_of_such_a_job_at_another_node_stops_nothing() -> None:
    bench = Bench(nodes=3)
    job_id = waiting_job(bench)
    assert bench.call("ACKJOB", job_id, node=1) == 1
    bench.wait(0.2)
    assert [node.stops for node in bench.nodes] == [False, False, False]


def test_the_client_that_waits_may_leave_before_the_node_stops() -> None:
    bench = Bench(nodes=2)
    bench.call("PAUSE", "q", "in", node=1)
    adding = bench.connect()
    bench.send(adding, "ADDJOB", "q", "b", "0", "REPLICATE", "2")
    (job_id,) = bench.call("JSCAN", "STATE", "wait-repl")[1]
    bench.call("ACKJOB", job_id)
    bench.engine.disconnect(bench.nodes[0], adding, bench.now_ms)
    bench.wait(0.1)
    assert bench.nodes[0].stops


def ask(sock: socket.socket, *words: str) -> bytes:
    sock.sendall(encode(*words))
    return sock.recv(65536)


def test_a_sandbox_whose_last_node_crashed_ends_with_1() -> None:
    process = start("2", "", "")
    assert process.stdout is not None
    nodes = process.stdout.readline().strip().removeprefix("DISQUE_NODES=").split(",")
    first, second, adding = (
        socket.create_connection((host, int(port)), timeout=20)
        for host, _, port in (nodes[number].partition(":") for number in (0, 1, 0))
    )
    with first, second, adding:
        assert ask(second, "PAUSE", "q", "in") == b"+in\r\n"
        adding.sendall(encode("ADDJOB", "q", "b", "0", "REPLICATE", "2"))
        listed = b""
        while b"+D-" not in listed:
            listed = ask(first, "JSCAN", "STATE", "wait-repl")
        job_id = listed.partition(b"+")[2].partition(b"\r")[0].decode()
        assert ask(second, "SHUTDOWN") == b""
        assert ask(first, "ACKJOB", job_id) == b":1\r\n"
        assert (first.recv(1), adding.recv(1)) == (b"", b"")
    code, _, log = finish(process)
    assert code == 1
    assert "crashes Disque" in log
