"""One non-blocking connection of the worker to a node: sends requests, and pairs them with their replies."""

from __future__ import annotations

import time
from collections import deque

from disquectl.client.node_connection import NodeConnection
from disquectl.errors import DisquectlError, ReplyError
from disquectl.protocol.server_replies import hello

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Request
    from disquectl.worker.poller import Poller


class WatchedConnection:
    """Calls `on_replies(connection, answers)` for replies, and `on_failure(connection)` once if it fails.

    `client_name`: the name that it gives itself at the node.
    `wait_seconds`: how long a request may take in addition to the response timeout.
    """

    def __init__(
        self,
        node: Node,
        connection_factory: ConnectionFactory,
        poller: Poller,
        on_replies: Callable[[WatchedConnection, list[tuple[Request, Reply]]], object],
        on_failure: Callable[[WatchedConnection], object],
        *,
        client_name: bytes,
    ) -> None:
        self.node = node
        self.inner = NodeConnection(node, connection_factory, client_name=client_name)
        self.unanswered: deque[Request] = deque()
        self.wait_seconds = 0.0
        self._poller = poller
        self._on_replies = on_replies
        self._on_failure = on_failure
        self._fd = -1
        self._is_closed = False

    def ask(self, requests: Sequence[Request]) -> None:
        """Send these requests, as soon as the socket takes them."""
        self.unanswered.extend(requests)
        self.inner.ask([request.words for request in requests])
        self.watch()

    def watch(self) -> None:
        """Wait for what the connection needs next, or report its failure. Call it once after construction."""
        if self.inner.failure is not None:
            self.close()
            self._on_failure(self)
            return
        fd = self.inner.fileno()
        if fd != self._fd:
            self._unwatch()
            self._fd = fd
        self._poller.set(fd, self.inner.events, self._ready)

    def expire(self) -> None:
        """Give up if the node has not answered in time."""
        deadline = self.inner.deadline
        if deadline is None or not self.inner.is_waiting or deadline + self.wait_seconds > time.monotonic():
            return
        self.inner.expire()
        self.watch()

    def close(self) -> None:
        """Close it, without calling `on_failure`."""
        self._is_closed = True
        self._unwatch()
        self.inner.close()

    def _unwatch(self) -> None:
        if self._fd >= 0:
            self._poller.drop(self._fd)
            self._fd = -1

    def _ready(self, events: int) -> None:
        answers: list[tuple[Request, Reply]] = []
        for words, reply in self.inner.advance(events):
            if self.inner.greeting is None and words[0] == b"HELLO":
                self._greet(reply)
            elif self.unanswered:
                answers.append((self.unanswered.popleft(), reply))
        if answers:
            self._on_replies(self, answers)
        # The callback may have closed this connection.
        if not self._is_closed:
            self.watch()

    def _greet(self, reply: Reply) -> None:
        try:
            if isinstance(reply, ReplyError):
                raise reply
            self.inner.greeting = hello(reply)
        except DisquectlError as problem:
            self.inner.fail(problem)
            return
        self.inner.node_id = self.inner.greeting["node"]
        self._on_replies(self, [])
