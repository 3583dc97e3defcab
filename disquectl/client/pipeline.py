"""Many requests in flight, over one connection or several: answered in order, never so that both sides wait.

`Stream` is the one piece behind everything that sends more than one request at a time: pipelines, bulk input,
acknowledging from stdin, scripts. It follows the client's rule of sending again, request by request: what was
not handed over whole goes out again elsewhere; what was, and has no answer, only where doing it twice changes
nothing. It knows no command.
"""

from __future__ import annotations

import select
import time
from collections import deque
from math import inf

from disquectl.client.connection import Broken, TimedOut, Unreachable
from disquectl.client.failover import told, unknown
from disquectl.client.pipelined_connection import Batch, PipelinedConnection
from disquectl.errors import ConnectionFailed, DisquectlError, OutcomeUnknown, UsageError
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from disquectl.client.failover import FailoverPlan
    from disquectl.client.pipelined_connection import Outcome
    from disquectl.client.transport import Transport
    from disquectl.protocol.resp import Reply, Word

_PORTION_BYTES = 64 << 10
# The C library of Linux gives freed memory back to the system, and would fetch it again for each portion.
# Once it has freed so large a block, never touched, it keeps smaller ones: mallopt(3), M_MMAP_THRESHOLD. Only
# the first of them costs nothing: the next one would come from what is kept, and be cleared.
bytes(8 << 20)
# On several connections replies come by ones and twos, and reading these would take half of the client's
# time: they are let gather, as long as all that is on its way has been handed over.
_GATHER_SECONDS = 0.005
# Portions that may wait, answered, for one before them: a slow connection does not fill the memory.
_WAITING_PORTIONS = 256


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


class Stream:
    """Portions in, the same portions out in the same order, each request with its outcome.

        with Stream(transport) as stream:
            for portion in stream.run(portions):
                ...

    An outcome is a reply, an error reply, or OutcomeUnknown. A portion that comes back with some requests
    `left` was not sent to its end; `failure` then says why, and nothing more is sent. (Or it is pinned to a
    node that is not connected now; see Batch.)

    `connections`: at most so many. `repeatable`, `wait_ms` and `failover` are those of `Transport.call`.
    `go_on`: send what follows also after an unknown outcome.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        connections: int = 1,
        repeatable: bool = False,
        wait_ms: int | None = 0,
        failover: bool = True,
        go_on: bool = False,
    ) -> None:
        self.failure: DisquectlError | None = None
        self._transport = transport
        self._connections = connections
        self._repeatable = repeatable
        self._patience = transport.patience(wait_ms)
        self._latest_end: float | None = None
        self._failover = failover
        self._go_on = go_on
        self._lanes: list[PipelinedConnection] = []
        self._order: deque[Batch] = deque()
        self._trip: FailoverPlan | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections but the client's own, and that too where it still has something to say."""
        for lane in self._lanes:
            if lane.busy or not self._transport.owns(lane.connection):
                self._transport.drop(lane.connection)
        self._lanes = []

    def run(self, source: Iterable[Batch | None], wait_for: Sequence[int] = ()) -> Iterator[Batch]:
        """Take from the source as long as there is room, and yield what is done.

        A source that yields None has nothing now: it is asked again when one of the files `wait_for` is
        readable, or when something was answered.
        """
        batches = iter(source)
        waiting: Batch | None = None
        ended = False
        while True:
            while self._order and (self.failure or not _is_open(self._order[0])):
                if _is_open(self._order[0]) and any(lane.busy for lane in self._lanes):
                    break
                yield self._order.popleft()
            if ended and not self._order:
                return
            also: Sequence[int] = ()
            if waiting is None and not ended and len(self._order) < _WAITING_PORTIONS:
                try:
                    waiting = next(batches)
                    also = wait_for if waiting is None else ()
                except StopIteration:
                    ended = True
                    continue
            if self.failure is not None:
                ended, waiting, also = True, None, ()
            elif waiting is not None and self._put(waiting):
                waiting = None
                continue
            if self._order or also:
                self._pump(also)

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this, from now on, for all that is still to be answered."""
        self._latest_end = time.monotonic() + seconds
        self._patience = seconds if self._patience is None else min(self._patience, seconds)

    def _put(self, batch: Batch) -> bool:
        """Hand it to a connection that has room; False where there is none."""
        if batch.left and self._is_pinned_elsewhere(batch):
            batch.is_given_up = True
            self._order.append(batch)
        elif batch.left:
            lane = self._lane_for(batch)
            if lane is None:
                return self.failure is not None
            idle = not lane.has_more_to_send
            lane.put(batch)
            self._order.append(batch)
            if idle:
                self._move(lane, select.POLLOUT)
        else:
            self._order.append(batch)
        return True

    def _is_pinned_elsewhere(self, batch: Batch) -> bool:
        node = self._lanes[0].connection.node if self._lanes else self._transport.node
        return batch.pinned_to is not None and batch.pinned_to != node

    def _lane_for(self, batch: Batch) -> PipelinedConnection | None:
        if not self._lanes and not self._reopen():
            return None
        lane = self._lanes[0]
        if not batch.in_order and self._connections > 1:
            lane = min(self._lanes, key=_waiting_bytes)
            if lane.busy and len(self._lanes) < self._connections:
                lane = self._one_more() or lane
        return lane if lane.has_room else None

    def _one_more(self) -> PipelinedConnection | None:
        """Another connection; a node that has no room for it is no failure while there are others."""
        try:
            lane = PipelinedConnection(self._transport.open_another())
        except (Unreachable, DisquectlError):
            self._connections = len(self._lanes)
            return None
        self._lanes.append(lane)
        return lane

    def _reopen(self) -> bool:
        """The client's own connection, perhaps to the next node; False where no node is left."""
        try:
            connection, self._trip = self._transport.connection_for_many(self._trip, self._failover)
        except DisquectlError as problem:
            self.failure = problem
            return False
        self._lanes.append(PipelinedConnection(connection))
        return True

    def _pump(self, also: Sequence[int]) -> None:
        """Wait until something can be sent or read, and do it."""
        poll = select.poll()
        lanes = {lane.connection.fileno(): lane for lane in self._lanes if lane.busy}
        if (lane := lanes.get(-1)) is not None:
            return self._broken(lane, Broken("the client was used for something else meanwhile"))
        for fd, lane in lanes.items():
            poll.register(fd, select.POLLIN | (select.POLLOUT if lane.has_more_to_send else 0))
        for fd in also:
            poll.register(fd, select.POLLIN)
        try:
            if len(lanes) > 1 and not any(lane.has_more_to_send for lane in lanes.values()):
                time.sleep(_GATHER_SECONDS)
            deadline = min(map(self._deadline, lanes.values()), default=inf)
            ready = poll.poll(None if deadline == inf else max(deadline - time.monotonic(), 0) * 1000)
            for fd, event in ready:
                if fd in lanes:
                    self._move(lanes[fd], event)
            if time.monotonic() >= deadline:
                self._give_up_on_the_late()
        except BaseException:
            # What was on its way cannot be told any more, so none of these may be used again.
            for lane in self._lanes:
                self._transport.drop(lane.connection)
            self._lanes = []
            raise

    def _move(self, lane: PipelinedConnection, event: int) -> None:
        try:
            if event & select.POLLOUT:
                lane.send()
            if event & ~select.POLLOUT and lane.receive():
                self._trip = None
        except Broken as problem:
            self._broken(lane, problem)
        except ProtocolError as problem:
            self._failed(lane, problem)

    def _deadline(self, lane: PipelinedConnection) -> float:
        deadline = inf if self._patience is None else lane.deadline(self._patience)
        return deadline if self._latest_end is None else min(deadline, self._latest_end)

    def _give_up_on_the_late(self) -> None:
        now = time.monotonic()
        for lane in [lane for lane in self._lanes if lane.busy and now >= self._deadline(lane)]:
            if lane.uncertain:
                self._failed(lane, TimedOut())
            else:
                self._broken(lane, Broken("it takes no more of the requests"))

    # The rule of sending again

    def _broken(self, lane: PipelinedConnection, problem: Broken) -> None:
        outcome = None if self._repeatable else unknown(lane.connection, f"the connection broke ({problem})")
        self._settle(lane, str(problem), outcome)

    def _failed(self, lane: PipelinedConnection, problem: TimedOut | ProtocolError) -> None:
        outcome = told(lane.connection, problem, self._patience, self._repeatable)
        if isinstance(outcome, OutcomeUnknown):
            self._settle(lane, outcome.message, outcome)
        elif isinstance(outcome, DisquectlError):
            self.failure = outcome
            self._settle(lane, outcome.message, None)
        else:
            raise outcome

    def _settle(self, lane: PipelinedConnection, reason: str, outcome: OutcomeUnknown | None) -> None:
        """A connection has ended: its requests get their outcomes, or another connection."""
        uncertain = lane.uncertain
        left = lane.settle(outcome)
        self._lanes.remove(lane)
        self._transport.drop(lane.connection)
        if uncertain and outcome is not None and not self._go_on:
            self.failure = self.failure or outcome
        if self.failure is not None:
            return
        self._trip = self._transport.plan_after(lane.connection, reason, self._trip, self._failover)
        for batch in left:
            batch.is_given_up = batch.pinned_to is not None
            if batch.is_given_up:
                continue
            if not self._lanes and not self._reopen():
                return
            (self._lanes[0] if batch.in_order else min(self._lanes, key=_waiting_bytes)).put(batch)


def _is_open(batch: Batch) -> bool:
    """Whether some requests of the batch may still be answered."""
    return bool(batch.left) and not batch.is_given_up


def _waiting_bytes(lane: PipelinedConnection) -> int:
    return lane.waiting_bytes


def in_batches(requests: list[bytes]) -> Iterator[Batch]:
    """Encoded requests in portions of a good size, one request at least in each."""
    first, size = 0, 0
    for i, request in enumerate(requests, 1):
        size += len(request)
        if size >= _PORTION_BYTES:
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
    """Requests that are kept until the block ends, and then sent together.

        with client.pipeline() as p:
            p.call("QLEN", "mail")
            p.call("QLEN", "sms")
        print(p.replies)

    An error reply is in its place among the replies and is not raised. A block that ends by an exception
    sends nothing. When the connection breaks, LostInFlight says what is known, and `replies` has what came.
    """

    def __init__(self, transport: Transport, wait_ms: int | None) -> None:
        self._transport = transport
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
