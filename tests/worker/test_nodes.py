"""A worker among several nodes: one leaves, one is killed under load, and jobs come from another.

The nodes to be killed are the sandbox's, or processes of the Disque that DISQUECTL_TEST_SERVER names.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

from disquectl import Client
from disquectl.errors import DisquectlError
from tests.support.processes import PATIENCE_SECONDS
from tests.support.workers import wait_for, work, worker

SERVER = os.environ.get("DISQUECTL_TEST_SERVER")


@pytest.fixture
def clients(cluster):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Client(node)) for node in cluster]


def read_until(process, text):
    """Read its log until a line has this in it."""
    while text not in (line := process.stderr.readline().decode()):
        assert line, f"it ended without {text!r}"


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
        wait_for(lambda: done.exists() and done.read_text() == "before\n")
        leaving()
        read_until(process, "is leaving the cluster")
        clients[2].addjob("q", "after\n", replicate=1)
        wait_for(lambda: done.read_text() == "before\nafter\n")
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
            wait_for(lambda: clients[2].qlen("q") < 100)
            log = log[-200:] + (process.stderr.read() or b"")
        assert f"most jobs were created at {producer}".encode() in log
        wait_for(lambda: clients[2].qlen("q") == 0)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


# A node that is killed


class SandboxNodes:
    """Three nodes of the sandbox."""

    def __enter__(self):
        from disquectl.sandbox.thread import SandboxThread

        self._sandbox = SandboxThread(nodes=3).__enter__()
        self.addresses = self._sandbox.addresses
        return self

    def __exit__(self, *what):
        self._sandbox.__exit__(*what)

    def kill(self, index):
        self._sandbox.stop_node(index)


class ServerNodes:
    """Three processes of a real Disque, in a cluster."""

    def __init__(self, folder):
        self._folder = folder
        self._processes = []
        self.addresses = []

    def __enter__(self):
        ports = [free_port() for _ in range(3)]
        for port in ports:
            words = [SERVER, "--port", str(port), "--bind", "127.0.0.1"]
            folder = self._folder / str(port)
            folder.mkdir()
            self._processes.append(
                subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)
            )
            self.addresses.append(f"127.0.0.1:{port}")
        wait_for(lambda: all(map(answers, self.addresses)))
        with Client(self.addresses[0]) as first:
            for port in ports[1:]:
                first.call("CLUSTER", "MEET", "127.0.0.1", port)
        wait_for(lambda: all(knows_three(address) for address in self.addresses))
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
            process.wait()

    def kill(self, index):
        self._processes[index].kill()


def free_port():
    """One for which the cluster's own, 10000 above, is a port, too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        if port < 55_000:
            return port


def answers(address):
    with contextlib.suppress(DisquectlError), Client(address) as client:
        return client.ping() == b"PONG"


def knows_three(address):
    with Client(address) as client:
        nodes = client.hello()["nodes"]
        return len(nodes) == 3 and all(node["priority"] == 1 for node in nodes)


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
            wait_for(lambda: len(finished()) > 50)
            nodes.kill(0)
            wait_for(lambda: finished() == set(ids))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, err
