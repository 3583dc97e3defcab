"""Every node of a cluster at once: found from the seeds, asked together, answered as they come.

One poll loop over sockets that do not wait; no threads. A node is what its HELLO says it is, so one that can
be reached at two addresses is asked once:

- a seed is asked at its own address, whatever the node announces for itself (NAT, containers, proxies);
- other nodes are asked where HELLO says; where it says no host, at the host of the seed that said so;
- one that does not answer in time is `missing`, and holds nobody else up.

It sends nothing a second time, and knows no command but HELLO.
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
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self, TypeAlias

    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.client.node_connection import Request
    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

    Answer: TypeAlias = tuple[NodeConnection, Request, Reply]


class Missing:
    """A node without an answer: its address, its ID as far as known, and why.

    `unanswered`: the requests that it was sent and did not answer, and may have carried out.
    """

    __slots__ = ("node", "node_id", "problem", "unanswered")

    def __init__(
        self, node: Node, node_id: str, problem: DisquectlError, unanswered: Iterable[Request] = ()
    ) -> None:
        self.node = node
        self.node_id = node_id
        self.problem = problem
        self.unanswered = unanswered


class Cluster:
    """The nodes of a cluster; a context manager that hangs up in the end.

        with Cluster(client.nodes, client.opener) as cluster:
            for link, request, reply in cluster.ask(["QLEN", "mail"]):
                ...
            for lost in cluster.missing():
                ...

    `discover=False` asks the seeds alone.
    """

    def __init__(
        self, seeds: Iterable[Node], connection_factory: ConnectionFactory, *, discover: bool = True
    ) -> None:
        self._seeds = list(seeds)
        self._connection_factory = connection_factory
        self._discover = discover
        self._links: list[NodeConnection] = []
        self._by_id: dict[str, NodeConnection] = {}
        self._astray: list[Missing] = []
        self._requests: tuple[Request, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on all nodes."""
        for link in self._links:
            link.close()

    def ask(self, *requests: Request) -> Iterator[Answer]:
        """Ask every node all of these; the answers as they come, those of one node in their order.

        An error reply is an answer. While it runs, `link.ask` asks one node for more. It ends when nothing
        is waited for any more.
        """
        self._requests = requests
        if not self._links:
            for seed in self._seeds:
                self._add(NodeConnection(seed, self._connection_factory))
        else:
            for link in self.answered():
                link.ask(requests)
        while waiting := [link for link in self._links if link.is_waiting]:
            yield from self._turn(waiting)

    def links(self) -> list[NodeConnection]:
        """The nodes that have said who they are, in the order of their addresses, answering or not by now."""
        found = [link for link in self._links if link.greeting is not None and not link.is_double]
        return sorted(found, key=lambda link: (link.node.host, link.node.port, link.node.path))

    def answered(self) -> list[NodeConnection]:
        """The nodes that have answered so far, in the order of their addresses."""
        return [link for link in self.links() if link.has_answered]

    def missing(self) -> list[Missing]:
        """The nodes that did not answer, or not all that they were asked."""
        answered = {link.node_id for link in self._links if link.has_answered}
        failed = [
            Missing(link.node, link.node_id, link.failure, link.unanswered)
            for link in self._links
            if link.failure is not None and not link.is_double
        ]
        return [one for one in failed + self._astray if not one.node_id or one.node_id not in answered]

    def _add(self, link: NodeConnection) -> None:
        self._links.append(link)
        if link.failure is None:
            link.ask(self._requests)

    def _turn(self, waiting: list[NodeConnection]) -> Iterator[Answer]:
        """Wait for the next thing to happen, and pass on the answers that it brought."""
        poll = select.poll()
        by_descriptor = {}
        for link in waiting:
            poll.register(link.fileno(), link.events)
            by_descriptor[link.fileno()] = link
        deadlines = [link.deadline for link in waiting if link.deadline is not None]
        left = max(min(deadlines) - time.monotonic(), 0) if deadlines else None
        ready = poll.poll(None if left is None else left * 1000 + 1)
        for descriptor, events in ready:
            link = by_descriptor.pop(descriptor)
            for request, reply in link.advance(events) if link.is_waiting else ():
                if request[0] == b"HELLO" and link.greeting is None:
                    self._greet(link, reply)
                elif not link.is_double and link.greeting is not None:
                    yield link, request, reply
        now = time.monotonic()
        for link in by_descriptor.values():
            if link.is_waiting and link.deadline is not None and link.deadline <= now:
                link.expire()

    def _greet(self, link: NodeConnection, reply: Reply) -> None:
        """The node has said who it is, and whom it knows."""
        try:
            greeting = _greeting(link.node, reply)
        except DisquectlError as problem:
            link.fail(problem)
            return
        node_id = greeting["node"]
        if link.node_id and link.node_id != node_id:
            self._went_astray(link, link.node_id, node_id)
        other = self._by_id.get(node_id)
        if other is not None and other is not link:
            if other.greeting is not None and other.failure is None:
                link.leave_to_other()
                return
            other.leave_to_other()
        self._by_id[node_id] = link
        link.node_id = node_id
        link.greeting = greeting
        if self._discover:
            for entry in greeting["nodes"]:
                self._announced(link, entry)

    def _went_astray(self, link: NodeConnection, expected: str, found: str) -> None:
        if self._by_id.get(expected) is link:
            del self._by_id[expected]
        problem = ConnectionFailed(f"another node answers at that address ({found[:8]})")
        self._astray.append(Missing(link.node, expected, problem))

    def _announced(self, teller: NodeConnection, entry: Record) -> None:
        """A node that another one knows: ask it, unless it is asked already."""
        node_id: str = entry["id"]
        if node_id in self._by_id or node_id == teller.node_id:
            return
        node = Node(entry["host"] or teller.node.host or DEFAULT_HOST, entry["port"])
        for link in self._links:
            if link.node == node:
                self._stands_at(link, node_id)
                return
        link = NodeConnection(node, self._connection_factory, node_id)
        self._by_id[node_id] = link
        self._add(link)

    def _stands_at(self, link: NodeConnection, node_id: str) -> None:
        """A node is announced at an address that is asked already: is it that one?"""
        if link.greeting is not None:
            self._went_astray(link, node_id, link.node_id)
        elif not link.node_id:
            link.node_id = node_id
            self._by_id[node_id] = link


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
