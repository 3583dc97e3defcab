"""`Stream`: many requests in flight, on one connection or several.

It is behind everything that sends more than one request at a time: pipelines, bulk input, scripts. It applies
the rule of resending (disquectl.client.resending) to each request, and never blocks on sending while the node
blocks on its replies. It must not know any command.
"""

from __future__ import annotations

import select
import time
from collections import deque
from math import inf

from disquectl.client.connection import Broken, TimedOut, Unreachable
from disquectl.client.pipelined_connection import Batch, PipelinedConnection
from disquectl.client.resending import after_failure
from disquectl.errors import DisquectlError, OutcomeUnknown
from disquectl.protocol.resp import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from disquectl.client.failover import FailoverPlan
    from disquectl.client.transport import Transport

# The C library of Linux returns freed memory to the system, and would request it again for each batch. Once
# it has freed a block this large, it keeps smaller ones: mallopt(3), M_MMAP_THRESHOLD. Only the first such
# block costs nothing: the next one would be taken from the memory that is kept, and cleared.
bytes(8 << 20)
# On several connections, wait briefly so that several replies can be read at once: reading them one by one
# would take half of the client's time. Only while everything has been handed over.
_GATHER_SECONDS = 0.005
# How many batches may be in order behind one that is not answered yet, so that memory stays bounded.
_WAITING_BATCHES = 256


class Stream:
    """Takes batches and yields the same batches in the same order, each request with its outcome.

        with Stream(transport) as stream:
            for batch in stream.run(batches):
                ...

    An outcome is a reply, an error reply, or OutcomeUnknown. Where a batch comes back with some requests
    `left`, these were not sent, or may be repeated and have no reply; `failure` then says why, and nothing
    more is sent. (Or the batch is pinned to another node; see Batch.)

    `connections`: the most that are opened. `repeatable`, `wait_ms` and `failover` are those of
    `Transport.call`. `go_on`: go on after an unknown outcome.
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
        self._max_connections = connections
        self._repeatable = repeatable
        self._patience = transport.patience(wait_ms)
        self._latest_end: float | None = None
        self._failover = failover
        self._go_on = go_on
        self._connections: list[PipelinedConnection] = []
        self._order: deque[Batch] = deque()
        self._plan: FailoverPlan | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections, except the transport's own where it has no reply outstanding."""
        for pipelined in self._connections:
            if pipelined.busy or not self._transport.owns(pipelined.connection):
                self._transport.drop(pipelined.connection)
        self._connections = []

    def run(self, source: Iterable[Batch | None], wait_for: Sequence[int] = ()) -> Iterator[Batch]:
        """Take batches from the source while there is room, and yield those that are done.

        A source yields None where it has nothing now: it is asked again when one of the descriptors
        `wait_for` is readable, or when a reply has come.
        """
        batches = iter(source)
        waiting: Batch | None = None
        ended = False
        while True:
            while (done := self._next_done()) is not None:
                yield done
            if ended and not self._order:
                return
            also: Sequence[int] = ()
            if waiting is None and not ended and len(self._order) < _WAITING_BATCHES:
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

    def send(self, batch: Batch) -> bool:
        """Send a batch as far as its connection takes it now; `receive` returns it. False after a failure.

        For callers that choose what to send by what they have received, instead of `run`.
        """
        while self.failure is None:
            if self._put(batch):
                return self.failure is None
            self._pump(())
        return False

    def receive(self, wait_for: Sequence[int] = ()) -> Batch | None:
        """Wait until something was sent or read, or one of the files `wait_for` is readable.

        The oldest batch in flight if it is done, else None.
        """
        done = self._next_done()
        if done is None and self._order:
            self._pump(wait_for)
            done = self._next_done()
        return done

    @property
    def in_flight(self) -> int:
        """How many batches were sent and not received."""
        return len(self._order)

    def _next_done(self) -> Batch | None:
        """Take the oldest batch, if it is done or the stream has failed; None while it may be answered."""
        if not self._order:
            return None
        is_waited_for = self.failure is None or any(pipelined.busy for pipelined in self._connections)
        if _is_open(self._order[0]) and is_waited_for:
            return None
        return self._order.popleft()

    def hurry(self, seconds: float) -> None:
        """From now on, wait at most this long for all outstanding replies."""
        self._latest_end = time.monotonic() + seconds
        self._patience = seconds if self._patience is None else min(self._patience, seconds)

    def _put(self, batch: Batch) -> bool:
        """Give it to a connection that has room; return False where there is none."""
        if batch.left and self._is_pinned_elsewhere(batch):
            batch.is_given_up = True
            self._order.append(batch)
        elif batch.left:
            pipelined = self._connection_for(batch)
            if pipelined is None:
                return self.failure is not None
            idle = not pipelined.has_more_to_send
            pipelined.put(batch)
            self._order.append(batch)
            if idle:
                self._move(pipelined, select.POLLOUT)
        else:
            self._order.append(batch)
        return True

    def _is_pinned_elsewhere(self, batch: Batch) -> bool:
        node = self._connections[0].connection.node if self._connections else self._transport.node
        return batch.pinned_to is not None and batch.pinned_to != node

    def _connection_for(self, batch: Batch) -> PipelinedConnection | None:
        if not self._connections and not self._reopen():
            return None
        pipelined = self._connections[0]
        if not batch.in_order and self._max_connections > 1:
            pipelined = min(self._connections, key=_waiting_bytes)
            if pipelined.busy and len(self._connections) < self._max_connections:
                pipelined = self._one_more() or pipelined
        return pipelined if pipelined.has_room else None

    def _one_more(self) -> PipelinedConnection | None:
        """Open one more connection; a node that refuses it is not a failure while there are others."""
        try:
            pipelined = PipelinedConnection(self._transport.open_another())
        except (Unreachable, DisquectlError):
            self._max_connections = len(self._connections)
            return None
        self._connections.append(pipelined)
        return pipelined

    def _reopen(self) -> bool:
        """Use the transport's connection, perhaps to the next node; return False where no node is left."""
        try:
            connection, self._plan = self._transport.connection_for_many(self._plan, self._failover)
        except DisquectlError as problem:
            self.failure = problem
            return False
        self._connections.append(PipelinedConnection(connection))
        return True

    def _pump(self, also: Sequence[int]) -> None:
        """Wait until something can be sent or read, and do it."""
        poll = select.poll()
        by_descriptor = {one.connection.fileno(): one for one in self._connections if one.busy}
        if (pipelined := by_descriptor.get(-1)) is not None:
            return self._failed(pipelined, Broken("the client was used for something else meanwhile"))
        for fd, pipelined in by_descriptor.items():
            poll.register(fd, select.POLLIN | (select.POLLOUT if pipelined.has_more_to_send else 0))
        for fd in also:
            poll.register(fd, select.POLLIN)
        try:
            if len(by_descriptor) > 1 and not any(one.has_more_to_send for one in self._connections):
                time.sleep(_GATHER_SECONDS)
            deadline = min(map(self._deadline, by_descriptor.values()), default=inf)
            ready = poll.poll(None if deadline == inf else max(deadline - time.monotonic(), 0) * 1000)
            for fd, event in ready:
                if fd in by_descriptor:
                    self._move(by_descriptor[fd], event)
            if time.monotonic() >= deadline:
                self._give_up_on_the_late()
        except BaseException:
            # Their replies would be taken for those of later requests, so none of them may be used again.
            for pipelined in self._connections:
                self._transport.drop(pipelined.connection)
            self._connections = []
            raise

    def _move(self, pipelined: PipelinedConnection, event: int) -> None:
        try:
            if event & select.POLLOUT:
                pipelined.send()
            if event & ~select.POLLOUT and pipelined.receive():
                self._plan = None
        except (Broken, ProtocolError) as problem:
            self._failed(pipelined, problem)

    def _deadline(self, pipelined: PipelinedConnection) -> float:
        deadline = inf if self._patience is None else pipelined.deadline(self._patience)
        return deadline if self._latest_end is None else min(deadline, self._latest_end)

    def _give_up_on_the_late(self) -> None:
        now = time.monotonic()
        late = [one for one in self._connections if one.busy and now >= self._deadline(one)]
        for pipelined in late:
            if pipelined.in_flight.uncertain:
                self._failed(pipelined, TimedOut())
            else:
                self._failed(pipelined, Broken("it takes no more of the requests"))

    def _failed(self, pipelined: PipelinedConnection, problem: Broken | TimedOut | ProtocolError) -> None:
        """Apply the rule of resending to the requests of a connection that has failed."""
        outcome = after_failure(
            pipelined.connection, problem, repeatable=self._repeatable, timeout=self._patience
        )
        if outcome is None or isinstance(outcome, OutcomeUnknown):
            self._settle(pipelined, str(problem) if outcome is None else outcome.message, outcome)
        elif isinstance(outcome, DisquectlError):
            self.failure = outcome
            self._settle(pipelined, outcome.message, None)
        else:
            raise outcome

    def _settle(self, pipelined: PipelinedConnection, reason: str, outcome: OutcomeUnknown | None) -> None:
        """Close a failed connection: its requests get their outcomes, or go to another connection."""
        is_uncertain = pipelined.in_flight.uncertain > 0
        left = pipelined.settle(outcome)
        self._connections.remove(pipelined)
        self._transport.drop(pipelined.connection)
        if is_uncertain and outcome is not None and not self._go_on:
            self.failure = self.failure or outcome
        if self.failure is not None:
            return
        self._plan = self._transport.plan_after(pipelined.connection, reason, self._plan, self._failover)
        for batch in left:
            batch.is_given_up = batch.pinned_to is not None
            if batch.is_given_up:
                continue
            if not self._connections and not self._reopen():
                return
            first, least = self._connections[0], min(self._connections, key=_waiting_bytes)
            (first if batch.in_order else least).put(batch)


def _is_open(batch: Batch) -> bool:
    """Whether some requests of the batch may still be answered."""
    return bool(batch.left) and not batch.is_given_up


def _waiting_bytes(pipelined: PipelinedConnection) -> int:
    return pipelined.in_flight.waiting_bytes
