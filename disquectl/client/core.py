"""The client without its commands: seeds in order, timeouts, and the one place that decides on sending again.

It sends words and gives back what came. Nothing is connected before the first request. Not for several
threads at a time: give each thread a client. It knows no command but what tells a Disque from a Redis.

A request is sent again by itself only when it cannot have been carried out (not all of it was handed to the
kernel), or when the caller says that doing it twice changes nothing (`repeatable`).
"""

from __future__ import annotations

from disquectl.client.connection import Broken, Connection, Unreachable
from disquectl.client.opening import NODE_IS_FULL, Opener, with_advice
from disquectl.client.trip import Trip, leaves_open, seeds, told, unknown
from disquectl.errors import (
    ConnectionFailed,
    DisquectlError,
    NotDisque,
    OutcomeUnknown,
    ReplyError,
    UsageError,
)
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from disquectl.client.address import Node
    from disquectl.client.echo import Tap
    from disquectl.client.lane import Outcome
    from disquectl.client.pipeline import Pipeline
    from disquectl.client.tls import Tls
    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record


class Core:
    """See `disquectl.Client`, which adds a method for each command."""

    def __init__(
        self,
        nodes: str | Node | Iterable[str | Node] = "127.0.0.1:7711",
        *,
        password: str | bytes | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float | None = 30.0,
        tap: Tap | None = None,
        tls: Tls | None = None,
        notice: Callable[[str], object] | None = None,
    ) -> None:
        """Remember where to go; nothing is connected yet.

        `nodes`: the seeds in order, text with commas or any mixture. Timeouts are in seconds; the response
        timeout is for one whole reply, None is for ever. `tap` sees the traffic, `notice` gets each warning.
        `tls` is how to speak TLS (disquectl.client.tls), None is not to.
        """
        self._nodes = seeds(nodes)
        self._opener = Opener(connect_timeout, response_timeout, password, notice, tap, tls=tls)
        self._connection: Connection | None = None
        self._last: Node | None = None
        self._greeted: tuple[Connection, Record] | None = None
        self._in_pipeline = False

    # Connecting

    @property
    def opener(self) -> Opener:
        """How it opens connections, for a Cluster that does it likewise."""
        return self._opener

    @property
    def nodes(self) -> list[Node]:
        """The seeds, in order."""
        return list(self._nodes)

    @property
    def node(self) -> Node | None:
        """The node that is connected now, or None."""
        connection = self._connection
        return connection.node if connection is not None and connection.is_open() else None

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self.node is not None

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
        self._open_next(Trip(list(self._nodes)))

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
        timeout = self.patience(wait_ms) if wait_ms != 0 else self._opener.response_timeout
        reply = self._deliver(encode(words), timeout, repeatable, failover, last_words)
        if isinstance(reply, ReplyError):
            raise self.refusal(reply, words)
        return reply

    def verify(self) -> Record:
        """Make sure, by one HELLO a connection, that a Disque answers; returns its record.

        For commands that other servers have too. A Disque that is still loading its file gives a record
        with "" for its node and no nodes. Raises NotDisque, which names a Redis as such.
        """
        from disquectl.client import identity  # noqa: PLC0415 - few commands need these two
        from disquectl.protocol.server_replies import hello  # noqa: PLC0415

        connection = self._usable()
        if self._greeted and connection is self._greeted[0]:
            return self._greeted[1]
        reply = self._deliver(encode(("HELLO",)), self._opener.response_timeout, True, True, False)
        connection = self._connection
        if identity.is_loading(reply):
            return {"version": 1, "node": "", "nodes": []}
        if isinstance(reply, ReplyError):
            raise self.refusal(reply, ("HELLO",))
        problem = connection and identity.stranger_in_hello(connection.node, reply)
        if problem:
            raise problem
        record = hello(reply)
        if connection is not None:
            self._greeted = (connection, record)
        return record

    def stream(self, *words: Word) -> Iterator[Reply]:
        """Replies without end to one request (MONITOR), until the node closes the connection.

        The first must come within the response timeout, the others may take any time. The connection
        serves nothing else and is closed when the iteration ends.
        """
        reply = self._deliver(encode(words), self._opener.response_timeout, False, True, False)
        if isinstance(reply, ReplyError):
            raise self.refusal(reply, words)
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

    def post(self, *words: Word) -> None:
        """Send one request that has no reply (CLIENT REPLY OFF), then close: the connection is silent now."""
        request = encode(words)
        trip = Trip(self._order(failover=False))
        connection = self._usable() or self._open_next(trip)
        try:
            connection.send(request)
        except Broken as problem:
            trip.failed(connection.node, str(problem))
            raise trip.over() from None
        finally:
            self.close()

    def call_many(
        self, requests: Iterable[Iterable[Word]], *, repeatable: bool = False, wait_ms: int | None = 0
    ) -> list[Reply]:
        """Send requests together on one connection; their replies in order, each error in its place.

        `repeatable` and `wait_ms` hold for each of them, as in `call`. Raises LostInFlight or NotAllSent,
        which say how far it came; NoAnswer where all are repeatable.
        """
        from disquectl.client import pipeline  # noqa: PLC0415 - few commands need many

        outcomes: list[Outcome] = []
        encoded = [encode(words) for words in requests]
        with pipeline.Stream(self, repeatable=repeatable, wait_ms=wait_ms) as stream:
            for portion in stream.run(pipeline.in_portions(encoded)):
                outcomes += portion.outcomes
        replies = [outcome for outcome in outcomes if not isinstance(outcome, OutcomeUnknown)]
        if isinstance(failure := stream.failure, OutcomeUnknown):
            raise pipeline.LostInFlight(failure.message, failure.advice, replies, len(outcomes))
        if type(failure) is ConnectionFailed:
            raise pipeline.NotAllSent(failure.message, failure.advice, replies)
        if failure is not None:
            raise failure
        return replies

    def pipeline(self, wait_ms: int | None = 0) -> Pipeline:
        """Collect requests in a `with` block and send them together at its end; see Pipeline."""
        from disquectl.client.pipeline import Pipeline  # noqa: PLC0415 - as above

        return Pipeline(self, wait_ms)

    def enter_pipeline(self) -> None:
        """Called by Pipeline. Raises UsageError where one is open: its replies would have no place."""
        if self._in_pipeline:
            raise UsageError("a pipeline is open already", "Add to that one, or use another client.")
        self._in_pipeline = True

    def leave_pipeline(self) -> None:
        """Called by Pipeline."""
        self._in_pipeline = False

    # For streams: connections, and where the next one goes

    def connection_for_many(self, trip: Trip | None, failover: bool) -> tuple[Connection, Trip | None]:
        """The open connection, or a new one to the next node of the trip. Raises as connecting does."""
        connection = self._usable()
        if connection is None:
            trip = trip or Trip(self._order(failover))
            connection = self._open_next(trip)
        return connection, trip

    def open_another(self) -> Connection:
        """One more connection to the node that is connected. Raises Unreachable, or as AUTH does."""
        return self._opener.open(self._order(failover=False)[0])

    def owns(self, connection: Connection) -> bool:
        """Whether it is the client's own, which outlives a stream."""
        return connection is self._connection

    def drop(self, connection: Connection) -> None:
        """Close a connection of a stream."""
        connection.close()
        if self.owns(connection):
            self._connection = None

    def trip_after(self, connection: Connection, reason: str, trip: Trip | None, failover: bool) -> Trip:
        """Where to go when this connection has ended: the other seeds, then the same once more."""
        trip = trip or Trip(self._order(failover)[1:])
        trip.failed(connection.node, reason, come_back=True)
        return trip

    # The rule of sending again

    def _deliver(
        self, request: bytes, timeout: float | None, repeatable: bool, failover: bool, last_words: bool
    ) -> Reply:
        trip: Trip | None = None
        while True:
            connection = self._connection
            if connection is None or connection.is_stale():
                self.close()
                trip = trip or Trip(self._order(failover))
                connection = self._open_next(trip)
            try:
                connection.send(request)
                reply = connection.receive(timeout)
                if not isinstance(reply, ReplyError) or reply.message != NODE_IS_FULL:
                    return reply
                problem = Broken("max number of clients reached")
            except Broken as broken:
                problem = broken
                self.close()
                if isinstance(problem.early, ReplyError):
                    return problem.early
                if problem.handed_over is None and last_words:
                    return None
                if problem.handed_over is None and not repeatable:
                    raise unknown(connection, f"the connection broke ({problem})") from None
            except BaseException as failure:
                self.close()
                raise told(connection, failure, timeout, repeatable) from None
            self.close()
            trip = trip or Trip(self._order(failover)[1:])
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

    def _open_next(self, trip: Trip) -> Connection:
        while trip.nodes:
            node = trip.nodes.pop(0)
            try:
                self._connection = self._opener.open(node)
            except Unreachable as problem:
                trip.failed(node, str(problem))
                continue
            self._last = node
            return self._connection
        raise trip.over()

    def patience(self, wait_ms: int | None) -> float | None:
        """Seconds for a reply, when the command itself may wait so long; None is for ever."""
        response_timeout = self._opener.response_timeout
        if wait_ms is None or response_timeout is None:
            return None
        return response_timeout + wait_ms / 1000

    def refusal(self, error: ReplyError, words: tuple[Word, ...]) -> ReplyError | NotDisque | OutcomeUnknown:
        """What an error reply means that came to these words: mostly itself."""
        if error.message.startswith("ERR unknown command") and self._connection is not None:
            return self._stranger(self._connection.node, words[0]) or error
        if leaves_open(error):
            return OutcomeUnknown(error.message, "The job may yet be delivered: some nodes may hold a copy.")
        return with_advice(error)

    def refuse_strangers(self, requests: Iterable[Sequence[Word]], replies: Iterable[Reply]) -> None:
        """Raise NotDisque where one of many replies tells that no Disque answers, as `call` does for one."""
        for words, reply in zip(requests, replies, strict=False):
            if isinstance(reply, ReplyError):
                problem = self.refusal(reply, tuple(words))
                if isinstance(problem, NotDisque):
                    raise problem

    def _stranger(self, node: Node, verb: Word) -> NotDisque | None:
        """What answers there, when it does not know a verb that every Disque has."""
        from disquectl.client import identity  # noqa: PLC0415 - for this one error

        if not identity.has_verb(verb):
            return None
        timeout = self._opener.response_timeout
        try:
            info = self._deliver(encode(("INFO", "server")), timeout, True, False, False)
        except DisquectlError:
            return None  # then nothing is known but the refusal
        return identity.stranger(node, info)
