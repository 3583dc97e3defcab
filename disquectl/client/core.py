"""The client without its commands: seeds in order, timeouts, and the one place that decides on sending again.

It sends words and gives back what came. Nothing is connected before the first request. Not for several
threads at a time: give each thread a client. It knows no command but what tells a Disque from a Redis.

A request is sent again by itself only when it cannot have been carried out (not all of it was handed to the
kernel), or when the caller says that doing it twice changes nothing (`repeatable`).
"""

from __future__ import annotations

from disquectl.client import identity
from disquectl.client.address import Node, distinct, parse_nodes
from disquectl.client.connection import Broken, Connection, TimedOut, Unreachable
from disquectl.client.opening import NODE_IS_FULL, Opener, not_resp, with_advice
from disquectl.errors import ConnectionFailed, NoAnswer, NotDisque, OutcomeUnknown, ReplyError, UsageError
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record


class _Trip:
    """Where one request may still go, and why it could not be done where it was."""

    __slots__ = ("_returning", "nodes", "reasons")

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.reasons: list[str] = []
        self._returning: set[Node] = set()

    def failed(self, node: Node, reason: str, come_back: bool = False) -> None:
        """Note a failure; a node that had let us in may be tried once more, after the others."""
        self.reasons.append(f"{node}: {reason}")
        if come_back and node not in self._returning:
            self._returning.add(node)
            if node not in self.nodes:
                self.nodes.append(node)


class Core:
    """See `disquectl.Client`, which adds a method for each command."""

    def __init__(
        self,
        nodes: str | Node | Iterable[str | Node] = "127.0.0.1:7711",
        *,
        password: str | bytes | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float | None = 30.0,
        notice: Callable[[str], object] | None = None,
    ) -> None:
        """Remember where to go; nothing is connected yet.

        `nodes`: the seeds in order, text with commas or any mixture. Timeouts are in seconds; the response
        timeout is for one whole reply, None is for ever. `notice` is called with each warning.
        """
        self._nodes = _seeds(nodes)
        self._opener = Opener(connect_timeout, response_timeout, password, notice, None)
        self._connection: Connection | None = None
        self._last: Node | None = None
        self._greeted: tuple[Connection, Record] | None = None

    # Connecting

    @property
    def nodes(self) -> list[Node]:
        """The seeds, in order."""
        return list(self._nodes)

    @property
    def node(self) -> Node | None:
        """The node that is connected now, or None."""
        return self._connection.node if self._usable() and self._connection else None

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self._usable() is not None

    def connect(self, replace: bool = False) -> None:
        """Connect now, to the first seed that lets us in. Raises UsageError if a connection is open already.

        `replace=True` closes the open one and makes a new one.
        """
        if replace:
            self.close()
        elif self._usable():
            raise UsageError(
                f"already connected to {self.node}",
                "Keep the connection, or replace it by connect(replace=True); close() ends it.",
            )
        self._open_next(_Trip(list(self._nodes)))

    def close(self) -> None:
        """Close the connection if there is one; the next request opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Requests

    def call(
        self,
        *words: Word,
        repeatable: bool = False,
        wait_ms: int | None = 0,
        failover: bool = True,
        last_words: bool = False,
    ) -> Reply:
        """Send one request and return its reply: bytes, int, None, or a list of these.

        An error inside a list stays in its place.

        `repeatable`: doing it twice changes nothing, so it may be sent again. `wait_ms`: the time that the
        command itself may wait, on top of the response timeout; None is for ever. `failover=False` holds it
        to one node. `last_words`: a closed connection is the success (SHUTDOWN); then the result is None.

        Raises ReplyError for an error reply (NotAuthorised where a password is missing), ConnectionFailed,
        NotDisque, NoAnswer, or OutcomeUnknown when it was sent, may not be repeated and got no reply.
        """
        reply = self._deliver(encode(words), self._patience(wait_ms), repeatable, failover, last_words)
        if isinstance(reply, ReplyError):
            raise self._refusal(reply, words)
        return reply

    def verify(self) -> Record | None:
        """Make sure, by one HELLO a connection, that a Disque answers; returns its record.

        For commands that other servers have too. None when it is a Disque that is still loading its file.
        Raises NotDisque, which names a Redis as such.
        """
        from disquectl.protocol.server_replies import hello  # noqa: PLC0415 - few commands need it

        connection = self._usable()
        if self._greeted and connection is self._greeted[0]:
            return self._greeted[1]
        reply = self._deliver(encode(("HELLO",)), self._opener.response_timeout, True, True, False)
        connection = self._connection
        if identity.is_loading(reply) or connection is None:
            return None
        if isinstance(reply, ReplyError):
            raise self._refusal(reply, ("HELLO",))
        problem = identity.stranger_in_hello(connection.node, reply)
        if problem is not None:
            raise problem
        record = hello(reply)
        self._greeted = (connection, record)
        return record

    def stream(self, *words: Word) -> Iterator[Reply]:
        """Replies without end to one request (MONITOR), until the node closes the connection.

        The first must come within the response timeout, the others may take any time. The connection
        serves nothing else and is closed when the iteration ends.
        """
        reply = self._deliver(encode(words), self._opener.response_timeout, False, True, False)
        if isinstance(reply, ReplyError):
            raise self._refusal(reply, words)
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            while True:
                yield reply
                reply = connection.receive(None)
        except (Broken, ProtocolError):
            return
        finally:
            connection.close()

    # The rule of sending again

    def _deliver(
        self, request: bytes, timeout: float | None, repeatable: bool, failover: bool, last_words: bool
    ) -> Reply:
        trip: _Trip | None = None
        while True:
            connection = self._usable()
            if connection is None:
                trip = trip or _Trip(self._order(failover))
                connection = self._open_next(trip)
            try:
                connection.send(request)
                reply = connection.receive(timeout)
                if not isinstance(reply, ReplyError) or reply.message != NODE_IS_FULL:
                    return reply
                problem = Broken("max number of clients reached")
            except Broken as broken:
                problem = broken
                if isinstance(problem.early, ReplyError):
                    return problem.early
                if problem.handed_over is None and last_words:
                    return None
                if problem.handed_over is None and not repeatable:
                    raise _unknown(connection, f"the connection broke ({problem})") from None
            except TimedOut:
                raise _late(connection, timeout, repeatable) from None
            except ProtocolError as garbage:
                raise _garbled(connection, garbage, repeatable) from None
            finally:
                if connection.closed:
                    self._connection = None
            self.close()
            trip = trip or _Trip(self._order(failover)[1:])
            trip.failed(connection.node, str(problem), come_back=True)

    def _usable(self) -> Connection | None:
        connection = self._connection
        if connection is not None and connection.is_stale():
            self.close()
            return None
        return connection

    def _order(self, failover: bool) -> list[Node]:
        """The seeds, beginning with the one that was connected last."""
        if not failover:
            return [self._last or self._nodes[0]]
        if self._last is None:
            return list(self._nodes)
        first = self._nodes.index(self._last)
        return self._nodes[first:] + self._nodes[:first]

    def _open_next(self, trip: _Trip) -> Connection:
        while trip.nodes:
            node = trip.nodes.pop(0)
            try:
                self._connection = self._opener.open(node)
            except Unreachable as problem:
                trip.failed(node, str(problem))
                continue
            self._last = node
            return self._connection
        raise ConnectionFailed(
            "; ".join(trip.reasons), "Is a Disque running there? Name one by --node or DISQUE_NODES."
        )

    def _patience(self, wait_ms: int | None) -> float | None:
        response_timeout = self._opener.response_timeout
        if wait_ms is None or response_timeout is None:
            return None
        return response_timeout + wait_ms / 1000

    def _refusal(self, error: ReplyError, words: tuple[Word, ...]) -> ReplyError | NotDisque | OutcomeUnknown:
        """What to raise for an error reply: mostly itself."""
        if (
            identity.is_unknown_command(error)
            and identity.has_verb(words[0])
            and self._connection is not None
        ):
            node = self._connection.node
            info = self._deliver(
                encode(("INFO", "server")), self._opener.response_timeout, True, False, False
            )
            return identity.stranger(node, info) or error
        if error.message.startswith(("NOREPL Timeout", "NOREPL job removed")):
            return OutcomeUnknown(error.message, "The job may yet be delivered: some nodes may hold a copy.")
        return with_advice(error)


def _seeds(nodes: str | Node | Iterable[str | Node]) -> list[Node]:
    if isinstance(nodes, str | Node):
        nodes = [nodes]
    seeds: list[Node] = []
    for node in nodes:
        seeds.extend([node] if isinstance(node, Node) else parse_nodes(node))
    if not seeds:
        raise UsageError("no node is given", "Name at least one, such as 127.0.0.1:7711.")
    return distinct(seeds)


def _unknown(connection: Connection, what: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{connection.node}: the request was sent, then {what}: it may or may not have been carried out",
        "It was not sent again, since doing it twice could matter. Look first, then repeat it.",
    )


def _late(connection: Connection, timeout: float | None, repeatable: bool) -> NoAnswer | OutcomeUnknown:
    if not repeatable:
        return _unknown(connection, f"no answer came within {timeout:g}s")
    return NoAnswer(
        f"{connection.node}: no answer within {timeout:g}s", "--response-timeout allows for more."
    )


def _garbled(connection: Connection, problem: ProtocolError, repeatable: bool) -> NotDisque | OutcomeUnknown:
    if connection.replied and not repeatable:
        return _unknown(connection, f"something came that is no reply ({problem})")
    return not_resp(connection.node, problem)
