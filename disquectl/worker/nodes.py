"""The worker's connections: one that takes jobs with GETJOB, and those for requests to particular nodes.

A request goes to its node. If that cannot be reached, or the connection is lost before the reply, the request
is handed back as lost. Knows nothing of processes or jobs, except that GETJOB and ADDJOB may take long and
need connections to themselves.
"""

from __future__ import annotations

import time
from math import inf
from typing import Literal, TypeAlias

from disquectl.client.address import DEFAULT_HOST, Node
from disquectl.worker.job import Request
from disquectl.worker.watched_connection import WatchedConnection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Words
    from disquectl.worker.poller import Poller

# How long to wait before connecting again to a node that failed, and to one that is leaving the cluster.
_PAUSE_SECONDS = 1.0
_LEAVING_SECONDS = 60.0
# What a connection to a node is for.
_Purpose: TypeAlias = Literal["requests", "addjob", "names"]
_PURPOSES: dict[object, _Purpose] = {b"ADDJOB": "addjob", b"CLIENT": "names"}


class Nodes:
    """Calls `answered(answers)` with requests and their replies; the `node` of a GETJOB is who answered it.

    Calls `lost(requests, certainly_not_done, node)` with requests that get no reply; `node` is the node whose
    connection was lost, None if none was open. `report(text)` gets messages for the log. All connections name
    themselves `client_name` at their nodes.
    """

    def __init__(
        self,
        seeds: Sequence[Node],
        connection_factory: ConnectionFactory,
        poller: Poller,
        *,
        answered: Callable[[list[tuple[Request, Reply]]], object],
        lost: Callable[[Iterable[Request], bool, Node | None], object],
        report: Callable[[str], object],
        client_name: bytes,
    ) -> None:
        self.current = seeds[0]
        self._connection_factory = connection_factory
        self._poller = poller
        self._answered = answered
        self._lost = lost
        self._report = report
        self._client_name = client_name
        self._known = list(dict.fromkeys(seeds))
        # The addresses of nodes by ID.
        self._by_id: dict[str, Node] = {}
        self._ids: dict[Node, str] = {}
        self._getter: WatchedConnection | None = None
        self._connections: dict[tuple[Node, _Purpose], WatchedConnection] = {}
        # Until when a node is not connected to, and until when no jobs are taken from it.
        self._down: dict[Node, float] = {}
        self._leaving: dict[Node, float] = {}
        # Nodes that failed when they were last asked.
        self._failing: set[Node] = set()

    @property
    def getting(self) -> bool:
        """Whether a GETJOB has no reply yet."""
        return self._getter is not None and bool(self._getter.unanswered)

    @property
    def current_prefix(self) -> str:
        """The first 8 digits of the ID of the node that jobs are taken from, or empty."""
        return self._getter.inner.node_id[:8] if self._getter else ""

    @property
    def is_lone(self) -> bool:
        """Whether the node that jobs are taken from knows no other."""
        greeting = self._getter.inner.greeting if self._getter else None
        return greeting is not None and len(greeting["nodes"]) == 1

    @property
    def up(self) -> set[Node]:
        """The nodes that may be asked for jobs: not those that just failed or are leaving the cluster."""
        return {
            node for node in self._known if self._unavailable_until(node, getting=True) <= time.monotonic()
        }

    @property
    def responsive(self) -> set[Node]:
        """The nodes that are up and did not fail when they were last asked."""
        return self.up - self._failing

    @property
    def known(self) -> tuple[Node, ...]:
        """All nodes, up or not: the seeds, and those that HELLO listed."""
        return tuple(self._known)

    def id_of(self, node: Node) -> str:
        """Return the ID of this node, or an empty string if it is not known."""
        return self._ids.get(node, "")

    def get(self, words: Words, wait_seconds: float, first: Sequence[Request] = ()) -> bool:
        """Send a GETJOB, after these requests; return whether they were sent, too.

        Does nothing if no node can be asked yet. If it is not the node of these requests, they are not sent.
        """
        if self._getter is None:
            self._open_getter()
        if self._getter is None or self._getter.inner.greeting is None:
            return False
        self._getter.wait_seconds = wait_seconds
        is_same = bool(first) and first[0].node is self._getter.node
        self._getter.ask([*(first if is_same else ()), Request(words, self._getter.node)])
        return is_same

    def send(self, requests: Sequence[Request]) -> None:
        """Send each request to its node; those that cannot be sent are lost, and certainly not done."""
        grouped: dict[tuple[Node, bool], list[Request]] = {}
        home, adds = None, False
        some: list[Request] = []
        for request in requests:
            if request.node is not home or (request.words[0] == b"ADDJOB") is not adds:
                home, adds = request.node, request.words[0] == b"ADDJOB"
                some = grouped.setdefault((home, adds), [])
            some.append(request)
        for some in grouped.values():
            connection = self._connection_for(some[0])
            if connection is None:
                self._lost(some, True, None)
            else:
                connection.ask(some)

    def tick(self) -> None:
        """Give up on nodes that do not answer in time."""
        for connection in [*self._connections.values(), *([self._getter] if self._getter else [])]:
            connection.expire()

    def move_to(self, node_prefix: str) -> None:
        """Take jobs from this node from now on, if its address is known. No GETJOB may be unanswered.

        One that failed when it was last asked is only connected to: it has to answer first.
        """
        for node_id, node in self._by_id.items():
            if (
                node_id.startswith(node_prefix)
                and node != self.current
                and self._unavailable_until(node) <= time.monotonic()
            ):
                if node in self._failing:
                    self._connection_for(Request((b"HELLO",), node))
                    continue
                self._report(f"most jobs were created at {node}: taking jobs from it")
                self._close_getter()
                self.current = node

    def avoid_current(self) -> None:
        """The node that jobs are taken from is leaving the cluster: take them from another one."""
        self._report(f"{self.current} is leaving the cluster")
        self._leaving[self.current] = time.monotonic() + _LEAVING_SECONDS
        self.use_next()

    def close(self) -> None:
        """Close all connections."""
        self._close_getter()
        for connection in self._connections.values():
            connection.close()

    def stop_getting(self) -> None:
        """Close the connection with an unanswered GETJOB, if there is one."""
        if self.getting:
            self._close_getter()

    def _close_getter(self) -> None:
        if self._getter is not None:
            self._getter.close()
            self._getter = None

    def _open_getter(self) -> None:
        if self._unavailable_until(self.current, getting=True) > time.monotonic():
            self.use_next()
        if self._unavailable_until(self.current) <= time.monotonic():
            self._getter = self._connect(self.current, self._getter_failed)
            self._getter.watch()

    def use_next(self) -> None:
        """Take jobs from the next node that may be asked, in the order of the seeds."""
        at = self._known.index(self.current) if self.current in self._known else -1
        up = self.up
        for node in self._known[at + 1 :] + self._known[: at + 1]:
            if node in up:
                if node != self.current:
                    self._close_getter()
                self.current = node
                return

    def _unavailable_until(self, node: Node, getting: bool = False) -> float:
        until = self._down.get(node, -inf)
        return max(until, self._leaving.get(node, -inf)) if getting else until

    def _connection_for(self, request: Request) -> WatchedConnection | None:
        node = request.node
        purpose = _PURPOSES.get(request.words[0], "requests")
        if self._unavailable_until(node) > time.monotonic():
            return None
        connection = self._connections.get((node, purpose))
        if connection is None:
            connection = self._connect(node, self._connection_failed)
            self._connections[node, purpose] = connection
            connection.watch()
        return connection if connection.inner.failure is None else None

    def _connect(self, node: Node, failed: Callable[[WatchedConnection], object]) -> WatchedConnection:
        return WatchedConnection(
            node,
            self._connection_factory,
            self._poller,
            self._replied,
            failed,
            client_name=self._client_name,
        )

    def _replied(self, connection: WatchedConnection, answers: list[tuple[Request, Reply]]) -> None:
        if connection.node in self._failing:
            self._report(f"{connection.node} answers again")
            self._failing.discard(connection.node)
        greeting = connection.inner.greeting
        if greeting is not None and connection.inner.node_id not in self._by_id:
            self._learn(connection, greeting["nodes"])
        self._answered(answers)

    def _learn(self, connection: WatchedConnection, nodes: Iterable[dict[str, object]]) -> None:
        """Remember the addresses of the nodes. The node that answered keeps the address it was reached at."""
        self._by_id[connection.inner.node_id] = connection.node
        self._ids[connection.node] = connection.inner.node_id
        for entry in nodes:
            node_id = str(entry["id"])
            if node_id not in self._by_id:
                node = Node(
                    str(entry["host"] or connection.node.host or DEFAULT_HOST), int(str(entry["port"]))
                )
                self._by_id[node_id] = node
                self._ids.setdefault(node, node_id)
                if node not in self._known:
                    self._known.append(node)

    def _getter_failed(self, connection: WatchedConnection) -> None:
        self._getter = None
        self._node_failed(connection)
        self.use_next()

    def _connection_failed(self, connection: WatchedConnection) -> None:
        for key in [key for key, one in self._connections.items() if one is connection]:
            del self._connections[key]
        self._node_failed(connection)

    def _node_failed(self, connection: WatchedConnection) -> None:
        if connection.node not in self._failing:
            self._report(f"{connection.node}: {connection.inner.failure}")
        self._down[connection.node] = time.monotonic() + _PAUSE_SECONDS
        self._failing.add(connection.node)
        unanswered = [request for request in connection.unanswered if request.words[0] != b"GETJOB"]
        connection.unanswered.clear()
        self._lost(unanswered, not connection.inner.outcome_is_unknown, connection.node)
