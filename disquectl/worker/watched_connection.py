"""One connection of the worker to one node: requests out, answers back, in order and without waiting."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from disquectl.client.node_connection import NodeConnection
from disquectl.errors import DisquectlError, ReplyError
from disquectl.protocol.server_replies import hello

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Request
    from disquectl.worker.poller import Poller


class WatchedConnection:
    """`heard(line, answers)` gets what was answered, `ended(line)` is called once, when the link has failed.

    `wait_seconds`: how long a request may take by itself, on top of the response timeout.
    """

    def __init__(
        self,
        node: Node,
        connection_factory: ConnectionFactory,
        watch: Poller,
        heard: Callable[[WatchedConnection, list[tuple[Request, Reply]]], object],
        ended: Callable[[WatchedConnection], object],
    ) -> None:
        self.node = node
        self.link = NodeConnection(node, connection_factory)
        self.unanswered: deque[Request] = deque()
        self.wait_seconds = 0.0
        self._watch = watch
        self._heard = heard
        self._ended = ended
        self._fd = -1
        self._is_closed = False

    def ask(self, requests: Sequence[Request]) -> None:
        """Send these, now as far as there is room."""
        self.unanswered.extend(requests)
        self.link.ask([request.words for request in requests])
        self.look()

    def look(self) -> None:
        """Watch for what the link waits for now, or say that it has failed. Call it after making the line."""
        if self.link.failure is not None:
            self.close()
            self._ended(self)
            return
        fd = self.link.fileno()
        if fd != self._fd:
            self._unwatch()
            self._fd = fd
        self._watch.set(fd, self.link.events, self._ready)

    def expire(self) -> None:
        """Give up when the node has had its time."""
        deadline = self.link.deadline
        if deadline is None or not self.link.is_waiting or deadline + self.wait_seconds > time.monotonic():
            return
        self.link.expire()
        self.look()

    def close(self) -> None:
        """Hang up, without calling `ended`."""
        self._is_closed = True
        self._unwatch()
        self.link.close()

    def _unwatch(self) -> None:
        if self._fd >= 0:
            self._watch.drop(self._fd)
            self._fd = -1

    def _ready(self, events: int) -> None:
        answers: list[tuple[Request, Reply]] = []
        for words, reply in self.link.advance(events):
            if self.link.greeting is None and words[0] == b"HELLO":
                self._greet(reply)
            elif self.unanswered:
                answers.append((self.unanswered.popleft(), reply))
        if answers:
            self._heard(self, answers)
        # Who heard them may have had enough of this node.
        if not self._is_closed:
            self.look()

    def _greet(self, reply: Reply) -> None:
        try:
            if isinstance(reply, ReplyError):
                raise reply
            self.link.greeting = hello(reply)
        except DisquectlError as problem:
            self.link.fail(problem)
            return
        self.link.node_id = self.link.greeting["node"]
        self._heard(self, [])
