"""A worker among several nodes: one leaves, one is killed under load, and jobs come from another.

The nodes to be killed are the sandbox's, or processes of the Disque that DISQUECTL_TEST_SERVER names.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import pytest

from disquectl import Client
from disquectl.client.address import parse_node
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.worker.nodes import Nodes
from disquectl.worker.poller import Poller
from tests.support.hello import A, entry, hello
from tests.support.nodes import SERVER, SandboxNodes, ServerNodes
from tests.support.processes import PATIENCE_SECONDS
from tests.support.scripted_node import ScriptedNode, close, silent
from tests.support.waiting import wait_until
from tests.support.workers import read_until, work, worker

# A node that is leaving


@pytest.fixture
def leaving(clients):
    """The first node can be told to leave, and comes back after the test."""
    yield lambda: clients[0].call("CLUSTER", "LEAVING", "yes")
    clients[0].call("CLUSTER", "LEAVING", "no")


def test_a_node_that_leaves_gives_its_jobs_first_and_the_worker_goes_on_elsewhere(
    cluster, clients, leaving, tmp_path
):
    done = tmp_path / "done"
    script = f'read body; echo "$body" >> {done}'
    with worker(",".join(cluster), "-q", "q", "--", "sh", "-c", script) as process:
        clients[0].addjob("q", "before\n")
        wait_until(lambda: done.exists() and done.read_text() == "before\n")
        leaving()
        read_until(process, "is leaving the cluster")
        clients[2].addjob("q", "after\n", replicate=1)
        wait_until(lambda: done.read_text() == "before\nafter\n")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def test_burst_ends_when_the_only_seed_is_leaving_and_takes_what_others_have(cluster, clients, leaving):
    leaving()
    clients[2].addjob("q", "x", replicate=1)
    done = work(cluster[0], "-q", "q", "--", "cat")
    assert (done.code, done.out) == (0, "x")


def test_burst_finds_what_any_node_has(cluster, clients):
    for number, client in enumerate(clients):
        client.addjob("q", f"{number}", replicate=1)
    done = work(cluster[0], "-q", "q", "--", "cat")
    assert (done.code, sorted(done.out)) == (0, ["0", "1", "2"])


def test_burst_ends_where_nodes_fail_slowly_in_turn(node):
    with Client(node) as client:
        client.addjob("q", "x")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        silent = [f"127.0.0.1:{server.getsockname()[1]}" for server in (one, other)]
        seeds = ",".join([node, *silent])
        done = work(seeds, "-q", "q", "--response-timeout", "1200ms", "--", "cat")
    assert (done.code, done.out) == (0, "x")


# Where jobs come from


def test_the_worker_goes_to_the_node_that_jobs_come_from(cluster, clients):
    seed, producer = cluster[0], cluster[2]
    with worker(seed, "-q", "q", "-c", "50", "--", "true") as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        os.set_blocking(process.stderr.fileno(), False)
        log = b""
        while b"most jobs were created at" not in log:
            assert time.monotonic() < deadline
            clients[2].call_many([("ADDJOB", "q", "x", 0, "REPLICATE", 1)] * 50)
            wait_until(lambda: clients[2].qlen("q") < 100)
            log = log[-200:] + (process.stderr.read() or b"")
        assert f"most jobs were created at {producer}".encode() in log
        wait_until(lambda: clients[2].qlen("q") == 0)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def test_jobs_are_taken_from_a_node_that_failed_once_it_answers_again(node):
    answers_again = threading.Event()
    greeting = hello(A, entry(A, ":1"))

    def later(conn):
        answers_again.wait(PATIENCE_SECONDS)
        conn.sendall(greeting)

    with ScriptedNode([greeting, b"+OK\r\n", close], [later, b"+OK\r\n", silent]) as origin:
        poller, other = Poller(), parse_node(node)
        seeds = [parse_node(origin.address), other]
        nodes = Nodes(
            seeds,
            ConnectionFactory(connect_timeout=5, response_timeout=60),
            poller,
            answered=lambda _: None,
            lost=lambda *_: None,
            report=lambda _: None,
            client_name=b"x",
        )

        def turn(until):
            nodes.get((b"GETJOB", b"NOHANG", b"FROM", b"q"), 0) if not nodes.getting else None
            poller.dispatch(poller.wait(0.01))
            nodes.move_to(A[:8])
            return until()

        wait_until(lambda: turn(lambda: nodes.current == other))
        wait_until(lambda: turn(lambda: nodes.current != other or origin.accepted == 2))
        assert nodes.current == other
        answers_again.set()
        wait_until(lambda: turn(lambda: nodes.current != other))
        nodes.close()


# A node that is killed


@pytest.mark.sandbox_only("nodes that are killed: DISQUECTL_TEST_SERVER has them real")
def test_a_node_killed_under_load_loses_nothing(tmp_path):
    done = tmp_path / "done"
    with SandboxNodes() if SERVER is None else ServerNodes(tmp_path) as nodes:
        ids = []
        for address in nodes.addresses:
            with Client(address) as client:
                ids += [client.addjob("q", "x", retry=2, replicate=3) for _ in range(200)]

        def finished():
            return set(done.read_text().split()) if done.exists() else set()

        script = f'echo "$DISQUE_JOB_ID" >> {done}'
        args = ("--quiet", "-q", "q", "-c", "10", "--", "sh", "-c", script)
        with worker(",".join(nodes.addresses), *args) as process:
            wait_until(lambda: len(finished()) > 50)
            nodes.kill(0)
            wait_until(lambda: finished() == set(ids))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
