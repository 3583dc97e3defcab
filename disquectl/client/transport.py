"""`Transport`: sends requests to the first seed that answers, and sends them again where that is safe.

It sends words and returns the reply. Nothing is connected before the first request. It is for one thread at a
time. It must not know any command, except HELLO and INFO, which distinguish a Disque from a Redis.

A request is sent again by itself only when it cannot have been carried out (not all of it was handed to the
kernel), or when the caller says that doing it twice changes nothing (`repeatable`).
"""

from __future__ import annotations

from disquectl.client.connection import Broken, Connection, Unreachable
from disquectl.client.connection_factory import ConnectionFactory, bounded, turned_away, with_advice
from disquectl.client.failover import FailoverPlan, seeds
from disquectl.client.resending import after_failure, unknown_outcome
from disquectl.errors import (
    DisquectlError,
    NoAnswer,
    NotDisque,
    OutcomeUnknown,
    ReplyError,
    UsageError,
)
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import NoReturn, Self

    from disquectl.client.address import Node
    from disquectl.client.failover import Seeds
    from disquectl.protocol.resp import AnyWord, Reply
    from disquectl.protocol.shapes import Record


class Transport:
    """One connection at a time to one of the seeds.

    `disquectl.Client` has a transport and adds a method for each command; streams and pipelines
    (disquectl.client.pipeline) take one.
    """

    def __init__(
        self, nodes: Seeds = "127.0.0.1:7711", connection_factory: ConnectionFactory | None = None
    ) -> None:
        """Keep the settings; nothing is connected yet. `connection_factory`: None is one with its defaults.

        Raises UsageError for nodes that are not addresses.
        """
        self._nodes = seeds(nodes)
        self._connection_factory = connection_factory or ConnectionFactory()
        self._connection: Connection | None = None
        self._last: Node | None = None
        self._greeted: tuple[Connection, Record] | None = None
        self.pipeline_is_open = False  # set by Pipeline: a pipeline inside another one is refused
        self._asking = False
        self.greeting: Reply = None  # the reply to HELLO, after a request with `hello_first`

    def __reduce__(self) -> NoReturn:
        """Refuse copies: each would have the password, and read the replies of the other."""
        raise TypeError("a client cannot be copied or pickled: make one where it is used, by Client(...)")

    # Connecting

    @property
    def connection_factory(self) -> ConnectionFactory:
        """How it opens connections, for a Cluster that opens more."""
        return self._connection_factory

    @property
    def nodes(self) -> list[Node]:
        """The seeds, in order."""
        return list(self._nodes)

    @property
    def node(self) -> Node | None:
        """The node that is connected now, or None."""
        connection = self._connection
        return None if connection is None or connection.is_stale() else connection.node

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self.node is not None

    def connect(self, replace: bool = False) -> None:
        """Connect now, to the first seed that accepts the connection.

        `replace=True` closes an open connection first. Raises UsageError if one is open otherwise, and
        ConnectionFailed, NotAuthorised, NotDisque or ReplyError.
        """
        if replace:
            self.close()
        elif self._usable():
            raise UsageError(
                f"already connected to {self.node}",
                "Keep the connection, or replace it by connect(replace=True); close() ends it.",
            )
        self._open_next(FailoverPlan(list(self._nodes)))

    def close(self) -> None:
        """Close the connection, if one is open; the next request opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def leave(self) -> None:
        """Close the connection, and begin with the seed after its node next time."""
        self.close()
        if self._last is not None:
            self._last = self._nodes[(self._nodes.index(self._last) + 1) % len(self._nodes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def last_node(self) -> Node | None:
        """The node that was connected last, or None before the first connection."""
        return self._last

    # Requests

    def call(
        self,
        *words: AnyWord,
        repeatable: bool = False,
        wait_ms: int | None = 0,
        failover: bool = True,
        last_words: bool = False,
        hello_first: bool = False,
    ) -> Reply:
        """Send one request and return its reply: bytes, int, None, or a list of these.

        An error inside a list is an element of the list, not raised.

        `repeatable`: running it twice changes nothing, so it may be sent again. `wait_ms`: how long the
        command itself may wait, on top of the response timeout; None is no limit. `failover=False`: do not go
        to another seed. `last_words`: success is a closed connection (SHUTDOWN); the result is then None.
        `hello_first` sends HELLO before it; `greeting` then has the reply, also where it is an error.

        Raises ReplyError for an error reply (NotAuthorised where a password is missing), ConnectionFailed,
        NotDisque, NoAnswer, or OutcomeUnknown when it was sent, may not be repeated and got no reply.
        """
        return self.request(words, repeatable, wait_ms, failover, last_words, hello_first=hello_first)

    def verify(self) -> Record:
        """Check that a Disque answers, with one HELLO for each connection, and return its record.

        For commands that other servers have too. A Disque that is still loading its file gives a record with
        "" for its node and no nodes. Raises NotDisque, which names a Redis as such.
        """
        from disquectl.client import identity
        from disquectl.protocol.server_replies import hello

        connection = self._usable()
        if self._greeted and connection is self._greeted[0]:
            return self._greeted[1]
        try:
            reply = self.request(("HELLO",), repeatable=True)
        except ReplyError as refusal:
            if identity.is_loading(refusal):
                return {"version": 1, "node": "", "nodes": []}
            raise
        connection = self._connection
        problem = connection and identity.stranger_in_hello(connection.node, reply)
        if problem:
            raise problem
        record = hello(reply)
        if connection is not None:
            self._greeted = (connection, record)
        return record

    def verify_any(self) -> Record:
        """As `verify`, of the first seed that answers: one that accepts connections and is silent is left."""
        for _ in self._nodes[1:]:
            try:
                return self.verify()
            except NoAnswer:
                self.leave()
        return self.verify()

    def stream(self, *words: AnyWord) -> Iterator[Reply]:
        """Yield the replies to one request that has many (MONITOR), until the node closes the connection.

        The first must come within the response timeout, the others may take any time. The connection is used
        for nothing else and is closed when the iteration ends. The request must be repeatable.
        """
        reply = self.request(words, True)
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

    def post(self, *words: AnyWord) -> None:
        """Send one request that has no reply (CLIENT REPLY OFF), and close the connection."""
        request = encode(words)
        plan = FailoverPlan(self._order(failover=False))
        connection = self._usable() or self._open_next(plan)
        try:
            connection.send(request)
        except Broken as problem:
            plan.failed(connection.node, str(problem))
            raise plan.over() from None
        finally:
            self.close()

    # For streams

    def connection_for_many(
        self, plan: FailoverPlan | None, failover: bool
    ) -> tuple[Connection, FailoverPlan | None]:
        """Return the open connection, or a new one to the next node of the plan. Raises as `connect` does."""
        connection = self._usable()
        return self._reopen(plan, failover) if connection is None else (connection, plan)

    def open_another(self) -> Connection:
        """Open one more connection to the node that is connected. Raises Unreachable, or as AUTH does."""
        return self._connection_factory.open(self._order(failover=False)[0])

    def owns(self, connection: Connection) -> bool:
        """Whether it is the transport's own connection, which stays open after a stream."""
        return connection is self._connection

    def drop(self, connection: Connection) -> None:
        """Close a connection of a stream."""
        connection.close()
        if self.owns(connection):
            self._connection = None

    def plan_after(
        self, connection: Connection, reason: str, plan: FailoverPlan | None, failover: bool
    ) -> FailoverPlan:
        """Return the nodes to try after a failed connection: the other seeds, then the same one once more."""
        plan = plan or FailoverPlan(self._order(failover)[1:])
        plan.failed(connection.node, reason, come_back=True)
        return plan

    # One request

    def request(
        self,
        words: tuple[AnyWord, ...],
        repeatable: bool = False,
        wait_ms: int | None = 0,
        failover: bool = True,
        last_words: bool = False,
        *,
        hello_first: bool = False,
    ) -> Reply:
        """As `call`, for the command methods of the client; faster, because it takes the words as a tuple."""
        request = encode(("HELLO",)) + encode(words) if hello_first else encode(words)
        if self._asking:
            raise occupied()
        self._asking = True
        plan: FailoverPlan | None = None
        try:
            while True:
                connection = self._connection
                if connection is None or connection.busy or connection.is_stale():
                    connection, plan = self._reopen(plan, failover)
                try:
                    connection.send(request)
                    reply = connection.receive(self.patience(0 if hello_first else wait_ms))
                    if hello_first and not turned_away(reply):
                        self.greeting, reply = reply, connection.receive(self.patience(wait_ms))
                except Broken as broken:
                    self.close()
                    reason, reply = str(broken), broken.early
                    was_sent = broken.handed_over is None
                    if was_sent and last_words:
                        return None
                    problem = after_failure(
                        connection, broken, was_sent=was_sent, repeatable=repeatable, timeout=None
                    )
                    if problem is not None:
                        raise problem from None
                except BaseException as failure:
                    self.close()
                    timeout = self.patience(wait_ms)
                    problem = after_failure(connection, failure, repeatable=repeatable, timeout=timeout)
                    raise problem or failure from None
                else:
                    if not isinstance(reply, ReplyError):
                        return reply
                    reason = "max number of clients reached"
                if isinstance(reply, ReplyError) and not turned_away(reply):
                    break
                self.close()
                plan = self.plan_after(connection, reason, plan, failover)
        finally:
            self._asking = False
        raise self.refusal(reply, words)

    def _reopen(self, plan: FailoverPlan | None, failover: bool) -> tuple[Connection, FailoverPlan]:
        self.close()
        plan = plan or FailoverPlan(self._order(failover))
        return self._open_next(plan), plan

    def _usable(self) -> Connection | None:
        """Return the connection if the next request may use it; otherwise close it and return None."""
        if self._asking:
            raise occupied()
        connection = self._connection
        if connection is not None and (connection.busy or connection.is_stale()):
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

    def _open_next(self, plan: FailoverPlan) -> Connection:
        while plan.nodes:
            node = plan.nodes.pop(0)
            try:
                self._connection = self._connection_factory.open(node)
            except Unreachable as problem:
                plan.failed(node, str(problem))
                continue
            self._last = node
            return self._connection
        raise plan.over()

    def patience(self, wait_ms: int | None) -> float | None:
        """How many seconds to wait for a reply to a command that may wait `wait_ms`; None is no limit."""
        response_timeout = self._connection_factory.response_timeout
        if wait_ms is None or response_timeout is None:
            return None
        return bounded(response_timeout + wait_ms / 1000)

    def refusal(
        self, error: ReplyError, words: tuple[AnyWord, ...]
    ) -> ReplyError | NotDisque | OutcomeUnknown:
        """Return the exception for an error reply to these words: mostly the reply itself."""
        if error.message.startswith("ERR unknown command") and self._connection is not None:
            return self._stranger(self._connection.node, words[0]) or error
        return unknown_outcome(error) or with_advice(error)

    def refuse_strangers(self, requests: Iterable[Sequence[AnyWord]], replies: Iterable[Reply]) -> None:
        """Raise NotDisque where one of many replies shows that the server is not a Disque, as `call` does."""
        for words, reply in zip(requests, replies, strict=False):
            if isinstance(reply, ReplyError):
                problem = self.refusal(reply, tuple(words))
                if isinstance(problem, NotDisque):
                    raise problem

    def _stranger(self, node: Node, verb: AnyWord) -> NotDisque | None:
        """Return what the server is, if it does not know a verb that every Disque has."""
        from disquectl.client import identity

        if not identity.has_verb(verb):
            return None
        try:
            info = self.request(("INFO",), repeatable=True, failover=False)
        except ReplyError as refused:
            info = refused
        except DisquectlError:
            return None  # only the refusal is known
        return identity.stranger(node, info)


def occupied() -> UsageError:
    """The exception for a request in the middle of another one: each would get the other's reply."""
    return UsageError(
        "this client waits for the reply to another request",
        "A client is for one thread at a time: give each thread one of its own.",
    )
