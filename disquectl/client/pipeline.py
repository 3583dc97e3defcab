"""`call_many` and `Pipeline`: several requests together, with their replies in order.

They send through a Stream. A pipeline has the methods of the commands from their one definition (`commands`).
"""

from __future__ import annotations

from disquectl.client.commands import Collects
from disquectl.client.job_commands import JobCommands
from disquectl.client.pipelined_connection import Batch
from disquectl.client.queue_commands import QueueCommands
from disquectl.client.resending import unknown_outcome
from disquectl.client.server_commands import ServerCommands
from disquectl.client.stream import Stream
from disquectl.errors import ConnectionFailed, DisquectlError, OutcomeUnknown, ReplyError, UsageError
from disquectl.protocol.resp import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Any, Self

    from disquectl.client.pipelined_connection import Outcome
    from disquectl.client.transport import Transport
    from disquectl.protocol.resp import AnyWord, Reply

_BATCH_BYTES = 64 << 10


class LostInFlight(OutcomeUnknown):
    """The connection broke with requests in flight.

    `replies`: the replies that came. The requests after these, up to number `sent`, may have been carried
    out; those from `sent` on were not.
    """

    def __init__(self, message: str, advice: str, replies: list[Reply], sent: int) -> None:
        super().__init__(message, advice)
        self.replies = replies
        self.sent = sent


class NotAllSent(ConnectionFailed):
    """No node could be reached for the rest: `replies` came, the later requests were not carried out."""

    def __init__(self, message: str, advice: str, replies: list[Reply]) -> None:
        super().__init__(message, advice)
        self.replies = replies
        self.sent = len(replies)


def in_batches(requests: list[bytes]) -> Iterator[Batch]:
    """Encoded requests in batches of a good size, with at least one request in each."""
    first, size = 0, 0
    for i, request in enumerate(requests, 1):
        size += len(request)
        if size >= _BATCH_BYTES:
            yield Batch(requests[first:i])
            first, size = i, 0
    if first < len(requests):
        yield Batch(requests[first:])


def call_many(
    transport: Transport,
    requests: Iterable[Iterable[AnyWord]],
    *,
    repeatable: bool = False,
    wait_ms: int | None = 0,
) -> list[Reply]:
    """Send requests together on one connection and return their replies in order, each error in its place.

    `repeatable` and `wait_ms` apply to each of them, as in `Transport.call`. Raises LostInFlight or
    NotAllSent, which have the replies so far; NoAnswer where all are repeatable; and what connecting raises.
    """
    return _send([encode(words) for words in requests], transport, repeatable, wait_ms)


def _send(
    requests: list[bytes], transport: Transport, repeatable: bool, wait_ms: int | None, failover: bool = True
) -> list[Reply]:
    outcomes: list[Outcome] = []
    with Stream(transport, repeatable=repeatable, wait_ms=wait_ms, failover=failover) as stream:
        for batch in stream.run(in_batches(requests)):
            outcomes += batch.outcomes
    replies = [outcome for outcome in outcomes if not isinstance(outcome, OutcomeUnknown)]
    if isinstance(failure := stream.failure, OutcomeUnknown):
        raise LostInFlight(failure.message, failure.advice, replies, len(outcomes))
    if type(failure) is ConnectionFailed:
        raise NotAllSent(failure.message, failure.advice, replies)
    if failure is not None:
        raise failure
    return replies


class Pipeline(Collects, JobCommands, QueueCommands, ServerCommands):
    """Collects requests until the block ends, and then sends them together.

        with client.pipeline() as p:
            p.addjob("mail", "hello")
            p.qlen("mail")
            p.call("QLEN", "sms")
        print(p.replies)

    It has the client's method for each command that is one request and one reply; they return nothing.
    `replies` has what the client's methods would have returned, in order, and the raw replies of `call`. The
    exception that a method would have raised for its reply is an element of it, not raised: a ReplyError, or
    OutcomeUnknown for a job that may yet be delivered. A block that raises an exception sends nothing. A
    second block begins anew. All requests and replies of a block are kept in memory. Leaving it raises
    LostInFlight where the connection broke and NotAllSent where no seed could be reached; `replies` then has
    those that came.

    If each request may be repeated, they are sent again after a broken connection. If one is meant for the
    connected node alone, none of them goes to another seed.
    """

    def __init__(
        self,
        transport: Transport,
        wait_ms: int | None,
        check: Callable[[Sequence[AnyWord]], None] | None = None,
    ) -> None:
        """`check` raises for words that must not be sent."""
        self._transport = transport
        self._given_wait_ms = wait_ms
        self._check = check
        self._open = False
        self._begin()

    def _begin(self) -> None:
        """Forget the requests and replies of an earlier block."""
        self._wait_ms = self._given_wait_ms
        self._requests: list[bytes] = []
        self._values: list[Callable[[Reply], Any]] = []
        self._repeatable = self._failover = True
        self.replies: list[Any] = []

    def call(self, *words: AnyWord) -> None:
        """Add a request. Raises UsageError outside the block."""
        self._carry_out(words, _raw, False, 0, True)

    def _carry_out(
        self,
        words: tuple[AnyWord, ...],
        value_of: Callable[[Reply], Any],
        repeatable: bool,
        wait_ms: int | None,
        failover: bool,
    ) -> None:
        if not self._open:
            raise UsageError("a pipeline takes requests inside its with block only")
        if self._check is not None:
            self._check(words)
        self._requests.append(encode(words))
        self._values.append(value_of)
        self._repeatable = self._repeatable and repeatable
        self._failover = self._failover and failover
        if wait_ms is None or self._wait_ms is None:
            self._wait_ms = None
        else:
            self._wait_ms = max(wait_ms, self._wait_ms)

    def __enter__(self) -> Self:
        if self._transport.pipeline_is_open:
            raise UsageError("a pipeline is open already", "Add to that one, or use another client.")
        self._transport.pipeline_is_open = True
        self._open = True
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open = False
        self._transport.pipeline_is_open = False
        if kind is not None:
            return
        replies: list[Reply] = []
        try:
            replies = _send(self._requests, self._transport, self._repeatable, self._wait_ms, self._failover)
        except (LostInFlight, NotAllSent) as lost:
            replies = lost.replies
            raise
        finally:
            self.replies = [_value(*pair) for pair in zip(self._values, replies, strict=False)]


def _raw(reply: Reply) -> Reply:
    return reply


def _value(value_of: Callable[[Reply], Any], reply: Reply) -> object:
    """The value of a reply; in its place an error reply, or the error that says more than the reply."""
    if isinstance(reply, ReplyError):
        return reply if value_of is _raw else unknown_outcome(reply) or reply
    try:
        value: object = value_of(reply)
    except DisquectlError as problem:
        return problem
    return value
