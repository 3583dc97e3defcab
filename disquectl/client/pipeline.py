"""`call_many` and `Pipeline`: several requests together, with their replies in order.

They send through a Stream, which decides nothing about commands either.
"""

from __future__ import annotations

from disquectl.client.pipelined_connection import Batch
from disquectl.client.stream import Stream
from disquectl.errors import ConnectionFailed, OutcomeUnknown, UsageError
from disquectl.protocol.resp import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from disquectl.client.pipelined_connection import Outcome
    from disquectl.client.transport import Transport
    from disquectl.protocol.resp import Reply, Word

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
    requests: Iterable[Iterable[Word]],
    *,
    repeatable: bool = False,
    wait_ms: int | None = 0,
) -> list[Reply]:
    """Send requests together on one connection and return their replies in order, each error in its place.

    `repeatable` and `wait_ms` apply to each of them, as in `Transport.call`. Raises LostInFlight or
    NotAllSent, which have the replies so far; NoAnswer where all are repeatable; and what connecting raises.
    """
    outcomes: list[Outcome] = []
    encoded = [encode(words) for words in requests]
    with Stream(transport, repeatable=repeatable, wait_ms=wait_ms) as stream:
        for batch in stream.run(in_batches(encoded)):
            outcomes += batch.outcomes
    replies = [outcome for outcome in outcomes if not isinstance(outcome, OutcomeUnknown)]
    if isinstance(failure := stream.failure, OutcomeUnknown):
        raise LostInFlight(failure.message, failure.advice, replies, len(outcomes))
    if type(failure) is ConnectionFailed:
        raise NotAllSent(failure.message, failure.advice, replies)
    if failure is not None:
        raise failure
    return replies


class Pipeline:
    """Collects requests until the block ends, and then sends them together.

        with client.pipeline() as p:
            p.call("QLEN", "mail")
            p.call("QLEN", "sms")
        print(p.replies)

    `replies` has the replies in order; an error reply is an element of it, not raised. A block that raises an
    exception sends nothing. Leaving the block raises LostInFlight where the connection broke and NotAllSent
    where no seed could be reached; `replies` then has those that came.
    """

    def __init__(self, transport: Transport, wait_ms: int | None) -> None:
        self._transport = transport
        self._wait_ms = wait_ms
        self._requests: list[tuple[Word, ...]] = []
        self._open = False
        self.replies: list[Reply] = []

    def call(self, *words: Word) -> None:
        """Add a request. Raises UsageError outside the block."""
        if not self._open:
            raise UsageError("a pipeline takes requests inside its with block only")
        self._requests.append(words)

    def __enter__(self) -> Self:
        if self._transport.pipeline_is_open:
            raise UsageError("a pipeline is open already", "Add to that one, or use another client.")
        self._transport.pipeline_is_open = True
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open = False
        self._transport.pipeline_is_open = False
        if kind is not None:
            return
        try:
            self.replies = call_many(self._transport, self._requests, wait_ms=self._wait_ms)
        except (LostInFlight, NotAllSent) as lost:
            self.replies = lost.replies
            raise
