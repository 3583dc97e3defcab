"""`Cluster`: finds all nodes from the seeds, sends them requests and yields the replies as they come.

One poll loop over non-blocking sockets; no threads. A node is identified by its HELLO, so one that can be
reached at two addresses is asked once:

- a seed is asked at its own address, whatever the node announces for itself (NAT, containers, proxies);
- other nodes are asked where HELLO says; where it says no host, at the host of the seed that said so;
- a node that does not answer in time is `missing`, and does not delay the others.

It sends nothing a second time. It must not know any command but HELLO.
"""

from __future__ import annotations

import select
import time

from disquectl.client.address import DEFAULT_HOST, Node
from disquectl.client.node_connection import NodeConnection
from disquectl.errors import ConnectionFailed, DisquectlError, NotDisque, ReplyError
from disquectl.protocol.server_replies import hello

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self, TypeAlias

    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.client.node_connection import Request
    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

    Answer: TypeAlias = tuple[NodeConnection, Request, Reply]
    # What one node has answered at a time, in order.
    Answers: TypeAlias = tuple[NodeConnection, list[tuple[Request, Reply]]]


class Missing:
    """A node that did not answer: its address, its ID as far as known ("" if not), and why.

    `unanswered`: the requests that it may have carried out: they were sent to it and not answered.
    `replaced_by`: the ID of another node that answers at its address; "" if none does.
    """

    __slots__ = ("node", "node_id", "problem", "replaced_by", "unanswered")

    def __init__(
        self,
        node: Node,
        node_id: str,
        problem: DisquectlError,
        unanswered: Iterable[Request] = (),
        replaced_by: str = "",
    ) -> None:
        self.node = node
        self.node_id = node_id
        self.problem = problem
        self.unanswered = unanswered
        self.replaced_by = replaced_by


class Cluster:
    """The nodes of a cluster; a context manager that closes the connections.

        with Cluster(transport.nodes, transport.connection_factory) as cluster:
            for connection, request, reply in cluster.ask(["QLEN", "mail"]):
                ...
            for one in cluster.missing():
                ...

    `discover=False` asks only the seeds.
    """

    def __init__(
        self, seeds: Iterable[Node], connection_factory: ConnectionFactory, *, discover: bool = True
    ) -> None:
        self._seeds = list(seeds)
        self._connection_factory = connection_factory
        self._discover = discover
        self._connections: list[NodeConnection] = []
        self._by_id: dict[str, NodeConnection] = {}
        self._replaced: list[Missing] = []
        self._requests: tuple[Request, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()

    def ask(
        self,
        *requests: Request,
        until: float | None = None,
        awaited: Sequence[NodeConnection] | None = None,
    ) -> Iterator[Answer]:
        """Send these requests to every node and yield the replies as they come, those of one node in order.

        Yields (connection, request, reply); an error reply is a reply. While it runs, `connection.ask` sends
        more requests to one node. It ends when no reply is outstanding (of the nodes `awaited`, if they are
        given), or at the monotonic time `until`: the next call yields the replies that come later.
        """
        for connection, answers in self.ask_together(*requests, until=until, awaited=awaited):
            for request, reply in answers:
                yield connection, request, reply

    def ask_together(
        self,
        *requests: Request,
        until: float | None = None,
        awaited: Sequence[NodeConnection] | None = None,
    ) -> Iterator[Answers]:
        """The same as `ask`, but yields all replies of a node that have come, which is quicker for many."""
        self._requests = requests
        if not self._connections:
            for seed in self._seeds:
                self._add(NodeConnection(seed, self._connection_factory))
        else:
            for connection in self.answered():
                connection.ask(requests)
        while waiting := self.waiting():
            yield from self._turn(waiting, until)
            if until is not None and time.monotonic() >= until:
                return
            if awaited is not None and not any(connection.is_waiting for connection in awaited):
                return

    def retry(self) -> None:
        """Connect again to the nodes that failed; `ask` without requests then waits for them.

        A node is forgotten if no other node knows it and it is not a seed.
        """
        greetings = [one.greeting for one in self.answered() if one.greeting is not None]
        announced = {entry["id"] for greeting in greetings for entry in greeting["nodes"]}
        for connection in [one for one in self._connections if one.failure is not None]:
            self._connections.remove(connection)
            if connection.is_double:
                continue
            if greetings and connection.node not in self._seeds and connection.node_id not in announced:
                self._by_id.pop(connection.node_id, None)
                continue
            again = NodeConnection(connection.node, self._connection_factory, connection.node_id)
            if self._by_id.get(connection.node_id) is connection:
                self._by_id[connection.node_id] = again
            self._connections.append(again)
        self._replaced.clear()

    def learn(self, connection: NodeConnection, reply: Reply) -> None:
        """Note what a later HELLO of a node says: nodes that it did not know before. Raises NotDisque."""
        connection.greeting = _greeting(connection.node, reply)
        if self._discover:
            for entry in connection.greeting["nodes"]:
                self._announced(connection, entry)

    def known(self) -> list[NodeConnection]:
        """All nodes that are asked, or tried."""
        return [connection for connection in self._connections if not connection.is_double]

    def links(self) -> list[NodeConnection]:
        """The nodes whose HELLO has come, in the order of their addresses, also those that failed since."""
        found = [
            connection
            for connection in self._connections
            if connection.greeting is not None and not connection.is_double
        ]
        return sorted(
            found, key=lambda connection: (connection.node.host, connection.node.port, connection.node.path)
        )

    def answered(self) -> list[NodeConnection]:
        """The nodes that have answered HELLO and did not fail, in the order of their addresses."""
        return [connection for connection in self.links() if connection.has_answered]

    def waiting(self) -> list[NodeConnection]:
        """The nodes whose next reply has not come yet, also those that have not answered HELLO."""
        return [connection for connection in self._connections if connection.is_waiting]

    def missing(self) -> list[Missing]:
        """The nodes that did not answer, or not every request."""
        answered = {connection.node_id for connection in self._connections if connection.has_answered}
        failed = [
            Missing(connection.node, connection.node_id, connection.failure, connection.unanswered)
            for connection in self._connections
            if connection.failure is not None and not connection.is_double
        ]
        return [one for one in failed + self._replaced if not one.node_id or one.node_id not in answered]

    def _add(self, connection: NodeConnection) -> None:
        self._connections.append(connection)
        if connection.failure is None:
            connection.ask(self._requests)

    def _turn(self, waiting: list[NodeConnection], until: float | None) -> Iterator[Answers]:
        """Wait until some connections are ready, or until a time, and yield the replies that each has."""
        poll = select.poll()
        by_descriptor = {}
        for connection in waiting:
            poll.register(connection.fileno(), connection.events)
            by_descriptor[connection.fileno()] = connection
        deadlines = [connection.deadline for connection in waiting if connection.deadline is not None]
        if until is not None:
            deadlines.append(until)
        left = max(min(deadlines) - time.monotonic(), 0) if deadlines else None
        ready = poll.poll(None if left is None else left * 1000 + 1)
        for descriptor, events in ready:
            connection = by_descriptor.pop(descriptor)
            answers = connection.advance(events) if connection.is_waiting else []
            if answers and connection.greeting is None:
                answers = self._greeted(connection, answers)
            if answers and not connection.is_double:
                yield connection, answers
        now = time.monotonic()
        for connection in by_descriptor.values():
            if connection.is_waiting and connection.deadline is not None and connection.deadline <= now:
                connection.expire()

    def _greeted(
        self, connection: NodeConnection, answers: list[tuple[Request, Reply]]
    ) -> list[tuple[Request, Reply]]:
        """Take the HELLO among the first answers of a node; return those after it, none without a HELLO."""
        for place, (request, reply) in enumerate(answers, 1):
            if request[0] == b"HELLO":
                self._greet(connection, reply)
                return answers[place:] if connection.greeting is not None else []
        return []

    def _greet(self, connection: NodeConnection, reply: Reply) -> None:
        """Note what the HELLO of a node says: its ID, and the nodes that it knows."""
        try:
            greeting = _greeting(connection.node, reply)
        except DisquectlError as problem:
            connection.fail(problem)
            return
        node_id = greeting["node"]
        if connection.node_id and connection.node_id != node_id:
            self._answered_by_another(connection, connection.node_id, node_id)
        other = self._by_id.get(node_id)
        if other is not None and other is not connection:
            if other.greeting is not None and other.failure is None:
                connection.leave_to_other()
                return
            other.leave_to_other()
        self._by_id[node_id] = connection
        connection.node_id = node_id
        connection.greeting = greeting
        if self._discover:
            for entry in greeting["nodes"]:
                self._announced(connection, entry)

    def _answered_by_another(self, connection: NodeConnection, expected: str, found: str) -> None:
        if self._by_id.get(expected) is connection:
            del self._by_id[expected]
        problem = ConnectionFailed(f"another node answers at that address ({found[:8]})")
        self._replaced.append(Missing(connection.node, expected, problem, replaced_by=found))

    def _announced(self, announcer: NodeConnection, entry: Record) -> None:
        """Ask a node that another one knows, unless it is asked already."""
        node_id: str = entry["id"]
        if node_id in self._by_id or node_id == announcer.node_id:
            return
        node = Node(entry["host"] or announcer.node.host or DEFAULT_HOST, entry["port"])
        for connection in self._connections:
            if connection.node == node:
                self._announced_at(connection, node_id)
                return
        connection = NodeConnection(node, self._connection_factory, node_id)
        self._by_id[node_id] = connection
        self._add(connection)

    def _announced_at(self, connection: NodeConnection, node_id: str) -> None:
        """Note that a node is announced at an address that is asked already."""
        if connection.greeting is not None:
            self._answered_by_another(connection, node_id, connection.node_id)
        elif not connection.node_id:
            connection.node_id = node_id
            self._by_id[node_id] = connection


def _greeting(node: Node, reply: Reply) -> Record:
    """HELLO as a record. Raises NotDisque, which names a Redis as such, and ReplyError."""
    if isinstance(reply, ReplyError):
        if reply.message.startswith("ERR unknown command"):
            raise NotDisque(f"{node} is not a Disque", "Name a Disque; its usual port is 7711.")
        raise reply
    try:
        return hello(reply)
    except NotDisque as problem:
        from disquectl.client.identity import stranger_in_hello

        raise stranger_in_hello(node, reply) or problem from None
