"""Three nodes that a test may kill: of the sandbox, or processes of a real Disque."""

from __future__ import annotations

import contextlib
import os
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
