"""Fixtures for pytest: a sandbox for each test, with a client.

    pytest_plugins = ["disquectl.sandbox.pytest"]      # in the conftest.py of the root

It is named there; nothing loads it by itself. `disque` is a new sandbox: `address`, `addresses`, `client`,
`clients`, `advance(seconds)` and `stop_node(index)`. It has one node, or as many as it is parametrized with:

    @pytest.mark.parametrize("disque", [1, 3], indirect=True)

`disque_client` is its client, and `disque_env` the same sandbox, to which the environment leads:
`Client.from_env()` and processes that the test starts find it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread

# What a program reads beside DISQUE_*: another cluster, or another behaviour, must not come from the person
# who runs the tests.
_OTHER_VARIABLES = ("DISQUECTL_CONFIG", "DISQUECTL_READ_ONLY", "DISQUECTL_CLUSTER", "DISQUECTL_OUTPUT")


class Sandbox(SandboxThread):
    """A running sandbox, and a client of each of its nodes."""

    def __init__(self, nodes: int = 1, password: str | None = None) -> None:
        super().__init__(nodes, password=password)
        self.password = password
        self._clients: list[Client] = []

    @property
    def address(self) -> str:
        """The address of the first node."""
        return self.addresses[0]

    @property
    def clients(self) -> list[Client]:
        """A client of each node alone, in the order of `addresses`."""
        if not self._clients:
            self._clients = [Client(address, password=self.password) for address in self.addresses]
        return self._clients

    @property
    def client(self) -> Client:
        """The client of the first node."""
        return self.clients[0]

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        super().__exit__(kind, problem, trace)


@pytest.fixture
def disque(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A new sandbox; its parameter is the number of nodes."""
    with Sandbox(getattr(request, "param", 1)) as sandbox:
        yield sandbox


@pytest.fixture
def disque_client(disque: Sandbox) -> Client:
    """A client of the sandbox's first node."""
    return disque.client


@pytest.fixture
def disque_env(disque: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox; DISQUE_NODES has its addresses, and no other variable or config file applies."""
    for name in list(os.environ):
        if name.startswith("DISQUE_") or name in _OTHER_VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("DISQUE_NODES", ",".join(disque.addresses))
    monkeypatch.setenv("DISQUECTL_CONFIG", os.devnull)
    return disque
