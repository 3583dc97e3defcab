"""The talk with one node of many: requests go out, replies come in as there is room, and no call waits.

It logs in, asks who the node is, and keeps the order of what was asked. Which nodes there are, and who waits
for them all, is the business of `cluster`.
"""

from __future__ import annotations

import select
import time
from collections import deque

from disquectl.client.connect_async import ConnectAttempt
from disquectl.client.connection import Broken, Connection, Unreachable
from disquectl.client.connection_factory import NODE_IS_FULL, not_resp, with_advice
from disquectl.errors import ConnectionFailed, DisquectlError, NoAnswer, NotDisque, ReplyError
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record

    Request: TypeAlias = "tuple[Word, ...] | list[Word] | list[bytes]"

_AUTH, _HELLO = b"AUTH", b"HELLO"


class NodeConnection:
    """A node as it is being asked.

    node       the address it is asked at; name: the same as text, fit for --node, as records have it
    node_id    its ID: as it says itself, before that as others announced it, or ""
    greeting   its HELLO as a record, once it has answered
    failure    why it does not answer, or None
    is_double  it turned out to be a node that is asked at another address already
    """

    __slots__ = (
        "_connection",
        "_connection_factory",
        "_dial",
        "_out",
        "_pending",
        "_queued_bytes",
        "_sent_bytes",
        "_since",
        "failure",
        "greeting",
        "is_double",
        "name",
        "node",
        "node_id",
    )

    def __init__(self, node: Node, connection_factory: ConnectionFactory, node_id: str = "") -> None:
        self.node = node
        self.name = str(node)
        self.node_id = node_id
        self.greeting: Record | None = None
        self.failure: DisquectlError | None = None
        self.is_double = False
        self._connection_factory = connection_factory
        self._connection: Connection | None = None
        self._dial: ConnectAttempt | None = None
        self._out = bytearray()
        # The requests without an answer, each with where it ends in the stream of all that was asked.
        self._pending: deque[tuple[Request, int]] = deque()
        self._queued_bytes = 0
        self._sent_bytes = 0
        self._since = time.monotonic()
        try:
            wire = (
                None
                if connection_factory.tracer is None
                else connection_factory.tracer.on(node, connection_factory.password or b"")
            )
            self._dial = ConnectAttempt(
                node, connection_factory.connect_timeout, wire, connection_factory.tls
            )
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))
            return
        if connection_factory.password is not None:
            self._add([_AUTH, connection_factory.password])
        self._add([_HELLO])

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._pending) and self.failure is None and not self.is_double

    @property
    def has_answered(self) -> bool:
        """Whether it is a node of its own and has answered all that it was asked so far."""
        return self.greeting is not None and self.failure is None and not self.is_double

    @property
    def outcome_is_unknown(self) -> bool:
        """Whether it fell silent with a request of the caller handed over whole.

        Behind a refused AUTH or HELLO nothing was carried out.
        """
        return bool(self.unanswered)

    @property
    def unanswered(self) -> list[Request]:
        """The requests of the caller that were handed over whole before it failed, and have no answer."""
        if self.failure is None or isinstance(self.failure, (ReplyError, NotDisque)):
            return []
        return [
            words
            for words, end in self._pending
            if end <= self._sent_bytes and words[0] not in (_AUTH, _HELLO)
        ]

    @property
    def deadline(self) -> float | None:
        """When it has had its time, in monotonic seconds."""
        if self._dial is not None:
            return self._dial.deadline
        timeout = self._connection_factory.response_timeout
        return None if timeout is None else self._since + timeout

    def fileno(self) -> int:
        """The descriptor to watch."""
        source = self._dial or self._connection
        return -1 if source is None else source.fileno()

    @property
    def events(self) -> int:
        """What to watch it for."""
        if self._dial is not None:
            return select.POLLOUT
        return select.POLLIN | (select.POLLOUT if self._out else 0)

    def ask(self, requests: Iterable[Request]) -> None:
        """Ask more; it goes out now as far as there is room."""
        for words in requests:
            self._add(words)
        if self._connection is not None:
            self._send()

    def advance(self, events: int) -> list[tuple[Request, Reply]]:
        """Do what the events allow; the requests that are answered by now, with their replies."""
        if self._dial is not None:
            self._connect()
            return []
        if events & select.POLLOUT:
            self._send()
        return self._receive() if events & ~select.POLLOUT and self.failure is None else []

    def expire(self) -> None:
        """Its time is over."""
        if self._dial is None:
            self.fail(
                NoAnswer(
                    f"no answer within {self._connection_factory.response_timeout:g}s",
                    "--response-timeout allows for more.",
                )
            )
            return
        try:
            self._dial.expired()
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))

    def leave_to_other(self) -> None:
        """It is asked at another address already."""
        self.is_double = True
        self.close()

    def fail(self, problem: DisquectlError) -> None:
        """It is of no use any more, for this reason; what failed first counts."""
        if self.failure is None:
            self.failure = with_advice(problem) if isinstance(problem, ReplyError) else problem
            self.close()

    def close(self) -> None:
        """Hang up."""
        if self._dial is not None:
            self._dial.close()
        if self._connection is not None:
            self._connection.close()

    def _add(self, words: Request) -> None:
        if not self._pending:
            self._since = time.monotonic()
        data = encode(words)
        self._queued_bytes += len(data)
        self._out += data
        self._pending.append((words, self._queued_bytes))

    def _connect(self) -> None:
        assert self._dial is not None
        try:
            connection = self._dial.decided()
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))
            return
        if connection is not None:
            self._dial = None
            self._connection = connection
            self._since = time.monotonic()
            self._send()

    def _send(self) -> None:
        if self._connection is None or not self._out or self.failure is not None:
            return
        try:
            with memoryview(self._out) as view:
                taken = self._connection.send_some(view)
        except Broken as problem:
            self.fail(ConnectionFailed(str(problem)))
            return
        self._sent_bytes += taken
        del self._out[:taken]

    def _receive(self) -> list[tuple[Request, Reply]]:
        assert self._connection is not None
        replies: list[Reply] = []
        problem: DisquectlError | None = None
        try:
            self._connection.receive_ready(replies)
        except Broken as broken:
            problem = ConnectionFailed(str(broken))
        except ProtocolError as garbage:
            problem = not_resp(self.node, garbage)
        answers: list[tuple[Request, Reply]] = []
        for reply in replies:
            if isinstance(reply, ReplyError) and reply.message == NODE_IS_FULL and self.greeting is None:
                problem = ConnectionFailed("max number of clients reached")
                break
            if not self._pending:
                problem = NotDisque(f"{self.node} answers what it was not asked")
                break
            words = self._pending.popleft()[0]
            if words[0] is _AUTH:
                problem = self._refused_login(reply)
                if problem:
                    break
            else:
                answers.append((words, reply))
        if replies:
            self._since = time.monotonic()
        if problem:
            self.fail(problem)
        return answers

    def _refused_login(self, reply: Reply) -> DisquectlError | None:
        try:
            self._connection_factory.logged_in(self.node, reply)
        except Unreachable as problem:
            return ConnectionFailed(str(problem))
        except ReplyError as problem:
            return problem
        return None
