"""Many requests on one connection: sent together, answered in order, never so that both sides wait.

Sending and reading are interleaved, and only so many bytes are ahead of the replies. `Flight` is one such run
and knows at each moment what was answered, what was handed over, and what certainly was not. Whether to go on
elsewhere is the client's decision.
"""

from __future__ import annotations

import time

from disquectl.client.connection import Broken, TimedOut
from disquectl.client.opening import NODE_IS_FULL
from disquectl.errors import ConnectionFailed, OutcomeUnknown, ReplyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from disquectl.client.connection import Connection
    from disquectl.client.core import Core
    from disquectl.protocol.resp import Reply, Word

_PORTION_BYTES = 64 << 10
# So much may be sent ahead of the replies. It keeps a node busy, and its buffers small.
_WINDOW_BYTES = 1 << 20


class LostInFlight(OutcomeUnknown):
    """The connection broke with requests in flight.

    `replies` are those that came; the requests from there up to `sent` may have been carried out; those from
    `sent` on certainly were not.
    """

    def __init__(self, message: str, advice: str, replies: list[Reply], sent: int) -> None:
        super().__init__(message, advice)
        self.replies = replies
        self.sent = sent


class NotAllSent(ConnectionFailed):
    """No node could be reached for the rest: `replies` came, what follows was certainly not carried out."""

    def __init__(self, message: str, advice: str, replies: list[Reply]) -> None:
        super().__init__(message, advice)
        self.replies = replies
        self.sent = len(replies)


class Flight:
    """Encoded requests on their way; `replies` are those that have come, in order."""

    __slots__ = ("_ends", "_handed_over", "_requests", "replies")

    def __init__(self, requests: list[bytes]) -> None:
        self._requests = requests
        self._ends: list[int] = []  # where each request that was taken up ends in the stream
        self._handed_over = 0  # bytes of the stream
        self.replies: list[Reply] = []

    @property
    def done(self) -> bool:
        """Whether every request is answered."""
        return len(self.replies) >= len(self._requests)

    @property
    def sent(self) -> int:
        """How many requests were handed over whole."""
        count = len(self.replies)
        while count < len(self._ends) and self._ends[count] <= self._handed_over:
            count += 1
        return count

    @property
    def in_flight(self) -> bool:
        """Whether a request was handed over whole and is not answered."""
        return self.sent > len(self.replies)

    def run(self, connection: Connection, timeout: float | None) -> None:
        """Send what is not answered and read until all is; `timeout`: seconds without any progress.

        Raises as the connection does. It may be run again on another connection, which begins after the
        last reply.
        """
        done = len(self.replies)
        self._handed_over = 0
        # What is answered is behind the stream of this connection.
        self._ends = [0] * done
        out = memoryview(b"")
        latest = time.monotonic()
        while not self.done:
            if not out and self._in_flight_bytes() < _WINDOW_BYTES:
                out = self._take_up()
            left = None if timeout is None else latest + timeout - time.monotonic()
            try:
                readable, writable = connection.wait(bool(out), left)
            except TimedOut:
                if self.in_flight:
                    raise
                raise Broken("it takes no more of the requests") from None
            if writable:
                taken = connection.send_some(out)
                self._handed_over += taken
                out = out[taken:]
            came = connection.receive_ready(self.replies) if readable else 0
            if came and self._was_turned_away(done):
                raise Broken("max number of clients reached")
            if writable or came:
                latest = time.monotonic()

    def _was_turned_away(self, first: int) -> bool:
        """Whether the node said that it takes no more connections: then it has read nothing."""
        reply = self.replies[first]
        if not isinstance(reply, ReplyError) or reply.message != NODE_IS_FULL:
            return False
        del self.replies[first:]
        self._handed_over = 0
        return True

    def _in_flight_bytes(self) -> int:
        answered = len(self.replies)
        return self._handed_over - (self._ends[answered - 1] if answered else 0)

    def _take_up(self) -> memoryview:
        """The next portion of the stream: whole requests, one at least where there is one."""
        portion: list[bytes] = []
        size = 0
        end = self._ends[-1] if self._ends else 0
        while len(self._ends) < len(self._requests) and size < _PORTION_BYTES:
            request = self._requests[len(self._ends)]
            portion.append(request)
            size += len(request)
            self._ends.append(end + size)
        return memoryview(b"".join(portion))


class Pipeline:
    """Requests that are kept until the block ends, and then sent together.

        with client.pipeline() as p:
            p.call("QLEN", "mail")
            p.call("QLEN", "sms")
        print(p.replies)

    An error reply is in its place among the replies and is not raised. A block that ends by an exception
    sends nothing. When the connection breaks, LostInFlight says what is known, and `replies` has what came.
    """

    def __init__(self, core: Core, wait_ms: int | None) -> None:
        self._core = core
        self._wait_ms = wait_ms
        self._requests: list[tuple[Word, ...]] = []
        self._open = False
        self.replies: list[Reply] = []

    def call(self, *words: Word) -> None:
        """Add a request. Raises UsageError outside of the block."""
        if not self._open:
            raise UsageError("a pipeline takes requests inside its with block only")
        self._requests.append(words)

    def __enter__(self) -> Self:
        self._core.enter_pipeline()
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open = False
        self._core.leave_pipeline()
        if kind is not None:
            return
        try:
            self.replies = self._core.call_many(self._requests, wait_ms=self._wait_ms)
        except (LostInFlight, NotAllSent) as lost:
            self.replies = lost.replies
            raise
