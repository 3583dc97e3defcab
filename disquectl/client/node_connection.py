"""`NodeConnection`: requests to one node of many, and its replies; no call waits.

It connects, logs in, sends HELLO and names itself. It must not know which nodes there are: `Cluster` and the
worker watch the descriptors and the clock for all of them.
"""

from __future__ import annotations

import select
from collections import deque
from itertools import islice

from disquectl.client.connection import Broken, Connection, Unreachable
from disquectl.client.connection_factory import not_resp, with_advice
from disquectl.client.in_flight import InFlight, Unasked
from disquectl.errors import ConnectionFailed, DisquectlError, NoAnswer, NotDisque, ReplyError
from disquectl.protocol.resp import ProtocolError, encode, encode_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.connecting import ConnectAttempt
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record

    Request: TypeAlias = "tuple[Word, ...] | list[Word] | list[bytes]"

_AUTH, _HELLO = b"AUTH", b"HELLO"


class NodeConnection:
    """A node, the requests that it was sent, and what is known of it.

    node       the address it is asked at; name: the same as text, fit for --node, as records have it
    node_id    its ID: from its own HELLO, before that as other nodes announced it, or ""
    greeting   its HELLO as a record, once it has answered
    failure    why it does not answer, or None
    is_double  its node is asked at another address already

    With `client_name` it names itself at the node; whether the node accepts the name does not matter.
    """

    __slots__ = (
        "_attempt",
        "_connection",
        "_connection_factory",
        "_in_flight",
        "_naming",
        "_opening_end",
        "_pending",
        "failure",
        "greeting",
        "is_double",
        "name",
        "node",
        "node_id",
    )

    def __init__(
        self,
        node: Node,
        connection_factory: ConnectionFactory,
        node_id: str = "",
        *,
        client_name: bytes = b"",
    ) -> None:
        self.node = node
        self.name = str(node)
        self.node_id = node_id
        self.greeting: Record | None = None
        self.failure: DisquectlError | None = None
        self.is_double = False
        self._connection_factory = connection_factory
        self._connection: Connection | None = None
        self._attempt: ConnectAttempt | None = None
        self._in_flight = InFlight()
        self._pending: deque[Request] = deque()  # the words of the requests in flight
        self._naming = [b"CLIENT", b"SETNAME", client_name] if client_name else []
        # The last of our own requests, until its reply has come.
        self._opening_end: Request | None = None
        try:
            self._attempt = connection_factory.attempt(node)
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))
            return
        if connection_factory.password is not None:
            self._add([_AUTH, connection_factory.password])
        self._add([_HELLO])
        if self._naming:
            self._add(self._naming)
        self._opening_end = self._pending[-1]

    @property
    def is_waiting(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._pending) and self.failure is None and not self.is_double

    @property
    def has_answered(self) -> bool:
        """Whether it has answered HELLO, did not fail, and is not asked at another address."""
        return self.greeting is not None and self.failure is None and not self.is_double

    @property
    def outcome_is_unknown(self) -> bool:
        """Whether it failed with a request of the caller that may have been carried out."""
        return bool(self.unanswered)

    @property
    def unanswered(self) -> list[Request]:
        """The requests of the caller that may have been carried out: sent completely and not answered.

        After a refused AUTH or HELLO nothing was carried out.
        """
        if self.failure is None or isinstance(self.failure, (ReplyError, NotDisque)):
            return []
        uncertain = islice(self._pending, self._in_flight.uncertain)
        return [words for words in uncertain if words[0] not in (_AUTH, _HELLO) and words is not self._naming]

    @property
    def deadline(self) -> float | None:
        """When connecting or the next reply is late, in monotonic seconds; None for never."""
        if self._attempt is not None:
            return self._attempt.deadline
        timeout = self._connection_factory.response_timeout
        return None if timeout is None else self._in_flight.latest + timeout

    def fileno(self) -> int:
        """The descriptor to poll; it changes while connecting."""
        source = self._attempt or self._connection
        return -1 if source is None else source.fileno()

    @property
    def events(self) -> int:
        """The events to poll for."""
        if self._attempt is not None:
            return self._attempt.events
        return select.POLLIN | (select.POLLOUT if self._in_flight.has_more_to_send else 0)

    def ask(self, requests: Iterable[Request]) -> None:
        """Send more requests, now as far as there is room."""
        some = list(requests)
        if some:
            self._in_flight.add(encode_all(some))
            self._pending.extend(some)
        if self._connection is not None:
            self._send()

    def advance(self, events: int) -> list[tuple[Request, Reply]]:
        """Send and read what the events allow; return the requests that got a reply, with their replies."""
        if self._attempt is not None:
            self._connect()
            return []
        if events & select.POLLOUT:
            self._send()
        return self._receive() if events & ~select.POLLOUT and self.failure is None else []

    def expire(self) -> None:
        """Fail, or try the next address while connecting: the deadline has passed."""
        if self._attempt is None:
            self.fail(
                NoAnswer(
                    f"no answer within {self._connection_factory.response_timeout:g}s",
                    "--response-timeout allows for more.",
                )
            )
            return
        try:
            self._attempt.expired()
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))

    def leave_to_other(self) -> None:
        """Close it, because the node is asked at another address already."""
        self.is_double = True
        self.close()

    def fail(self, problem: DisquectlError) -> None:
        """Mark it as failed and close it; the first reason is kept."""
        if self.failure is None:
            self.failure = with_advice(problem) if isinstance(problem, ReplyError) else problem
            self.close()

    def close(self) -> None:
        """Close the connection, or give up connecting."""
        if self._attempt is not None:
            self._attempt.close()
        if self._connection is not None:
            self._connection.close()

    def _add(self, words: Request) -> None:
        self._in_flight.add([encode(words)])
        self._pending.append(words)

    def _connect(self) -> None:
        assert self._attempt is not None
        try:
            connection = self._attempt.advance()
        except Unreachable as problem:
            self.fail(ConnectionFailed(str(problem)))
            return
        if connection is not None:
            self._attempt = None
            self._connection = connection
            self._send()

    def _send(self) -> None:
        if self._connection is None or not self._in_flight.has_more_to_send or self.failure is not None:
            return
        try:
            self._in_flight.send(self._connection)
        except Broken as problem:
            self.fail(ConnectionFailed(str(problem)))

    def _receive(self) -> list[tuple[Request, Reply]]:
        assert self._connection is not None
        replies: list[Reply] = []
        problem: DisquectlError | None = None
        try:
            self._in_flight.receive(self._connection, replies)
        except Unasked:
            problem = NotDisque(f"{self.node} answers what it was not asked")
        except Broken as broken:
            problem = ConnectionFailed(str(broken))
        except ProtocolError as garbage:
            problem = not_resp(self.node, garbage)
        take = self._pending.popleft
        answers: list[tuple[Request, Reply]] = [(take(), reply) for reply in replies]
        if self._opening_end is not None:
            answers, refused = self._opened(answers)
            problem = refused or problem
        if problem:
            self.fail(problem)
        return answers

    def _opened(
        self, answers: list[tuple[Request, Reply]]
    ) -> tuple[list[tuple[Request, Reply]], DisquectlError | None]:
        """Take the replies to AUTH and SETNAME out of the first answers; return why AUTH was refused, too."""
        others: list[tuple[Request, Reply]] = []
        for words, reply in answers:
            if words[0] is _AUTH:
                if refused := self._refused_login(reply):
                    return others, refused
            elif words is not self._naming:
                others.append((words, reply))
            if words is self._opening_end:
                self._opening_end = None
        return others, None

    def _refused_login(self, reply: Reply) -> DisquectlError | None:
        try:
            self._connection_factory.logged_in(self.node, reply)
        except Unreachable as problem:
            return ConnectionFailed(str(problem))
        except ReplyError as problem:
            return problem
        return None
