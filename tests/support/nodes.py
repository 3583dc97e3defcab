"""Three nodes that a test may kill: of the sandbox, or processes of a real Disque."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess

from disquectl import Client
from disquectl.errors import DisquectlError
from tests.support.waiting import wait_until

SERVER = os.environ.get("DISQUECTL_TEST_SERVER")


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
    """Three processes of a real Disque, in a cluster; `options` are words of its command line."""

    def __init__(self, folder, *options):
        self._folder = folder
        self._options = options
        self._processes = []
        self.addresses = []

    def __enter__(self):
        ports = [free_port() for _ in range(3)]
        for port in ports:
            (self._folder / str(port)).mkdir()
            self._processes.append(self._start(port))
            self.addresses.append(f"127.0.0.1:{port}")
        wait_until(lambda: all(map(answers, self.addresses)))
        with Client(self.addresses[0]) as first:
            for port in ports[1:]:
                first.call("CLUSTER", "MEET", "127.0.0.1", port)
        wait_until(lambda: all(knows_three(address) for address in self.addresses))
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, port):
        words = [SERVER, "--port", str(port), "--bind", "127.0.0.1", *self._options]
        folder = self._folder / str(port)
        return subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)

    def kill(self, index):
        self._processes[index].kill()

    def restart(self, index):
        """Start a node that was killed again, and wait until all know it."""
        self._processes[index].wait()
        self._processes[index] = self._start(int(self.addresses[index].rpartition(":")[2]))
        wait_until(lambda: answers(self.addresses[index]))
        wait_until(lambda: all(knows_three(address) for address in self.addresses))

    def suspend(self, index):
        """Stop a node as SIGSTOP does: its connections stay, and it does not answer."""
        self._processes[index].send_signal(signal.SIGSTOP)

    def resume(self, index):
        self._processes[index].send_signal(signal.SIGCONT)


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
        if len(nodes) != 3 or any(node["priority"] != 1 for node in nodes):
            return False
        return b"cluster_reachable_nodes:2" in client.call("CLUSTER", "INFO")
