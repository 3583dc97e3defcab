"""Asks every node of a cluster again and again, for commands that wait: nothing counts while one is silent.

It keeps the connections from one look to the next, and connects again after a failure, or when a HELLO
names a node that it does not know. It must not know what is asked.
"""

from __future__ import annotations

import time

from disquectl.client.cluster import Cluster
from disquectl.errors import NotAuthorised, NotDisque, ReplyError
from disquectl.fanout.ask import Refusals, silent_nodes
from disquectl.protocol.server_replies import hello

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from disquectl.client.cluster import Answer
    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.client.transport import Transport
    from disquectl.fanout.ask import Asker

_HELLO = [b"HELLO"]


class Incomplete(Exception):
    """Nodes did not answer: the text says which and why, `nodes` has their addresses."""

    def __init__(self, text: str, nodes: list[str]) -> None:
        super().__init__(text)
        self.nodes = nodes


class TimeIsOver(Exception):
    """The deadline has passed before all nodes had answered."""


class EveryNode:
    """The nodes to ask; a context manager that closes the connections.

    deadline  until when answers are waited for, in monotonic seconds; None for no limit
    """

    def __init__(self, client: Transport, asker: Asker, *, discover: bool = True) -> None:
        """`client` has the seeds, and the timeouts, which are shortened towards the deadline."""
        self.deadline: float | None = None
        self._asker = asker
        self._nodes = client.nodes
        self._discover = discover
        self._factory = client.connection_factory
        self._timeouts = (self._factory.connect_timeout, self._factory.response_timeout)
        self._cluster: Cluster | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def begin(self) -> list[NodeConnection]:
        """Begin a look: every node that is known now answers HELLO. Raises as `ask` does."""
        is_new = self._cluster is None
        known = [node for _, _, reply in self.ask(_HELLO) for node in hello(reply)["nodes"]]
        asked = {connection.node_id for connection in self.nodes}
        if not is_new and self._discover and any(node["id"] not in asked for node in known):
            self._close()
            return self.begin()
        return self.nodes

    @property
    def nodes(self) -> list[NodeConnection]:
        """The nodes that answer, in the order of their addresses."""
        return self._cluster.answered() if self._cluster is not None else []

    def ask(self, *requests: Request, at: NodeConnection | None = None) -> Iterator[Answer]:
        """Send the requests to every node, or to one, and yield the answers as they come.

        Raises Incomplete, in the end, if not all nodes have answered; TimeIsOver; NotAuthorised, NotDisque,
        and the error for a refusal.
        """
        if self._cluster is None:
            self._cluster = Cluster(self._nodes, self._factory, discover=self._discover)
        refusals = Refusals()
        if at is not None:
            at.ask(requests)
            requests = ()
        try:
            self._hurry()
            for connection, request, reply in self._cluster.ask(*requests):
                if isinstance(reply, ReplyError):
                    refusals.add(connection, request, reply)
                else:
                    yield connection, request, reply
                self._hurry()
            self._check(self._cluster, refusals)
        except BaseException:
            # Replies that are still to come would be taken for those of the next look.
            self._close()
            raise

    def _hurry(self) -> None:
        """Wait for answers until the deadline at most. Raises TimeIsOver after it."""
        if self.deadline is None:
            return
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeIsOver
        connect, response = self._timeouts
        left = max(round(left, 1), 0.1)  # a message may quote it
        self._factory.connect_timeout = min(connect, left)
        self._factory.response_timeout = left if response is None else min(response, left)

    def _check(self, cluster: Cluster, refusals: Refusals) -> None:
        for one in cluster.missing():
            if isinstance(one.problem, (NotAuthorised, NotDisque)):
                raise one.problem
        if any(error.code != "LOADING" for _, error in refusals.found.values()):
            raise refusals.first(self._asker)
        if lines := silent_nodes(cluster, refusals):
            nodes = [connection.name for connection in refusals.found]
            raise Incomplete("; ".join(lines), nodes + [str(one.node) for one in cluster.missing()])

    def _close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None
