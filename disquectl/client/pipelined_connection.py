"""One connection with batches of requests in flight, each of which gets its replies.

`PipelinedConnection` sends and reads as far as the socket allows and never waits. It must not know whether a
request is to be sent again.
"""

from __future__ import annotations

from collections import deque

from disquectl.client.connection import Broken
from disquectl.client.in_flight import InFlight
from disquectl.protocol.resp import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.connection import Connection
    from disquectl.errors import OutcomeUnknown
    from disquectl.protocol.resp import Reply

    # What became of a request: its reply, or that it cannot be known.
    Outcome: TypeAlias = "Reply | OutcomeUnknown"

# The bytes that may be sent ahead of the replies: enough to keep a node busy, and few that are uncertain when
# the connection breaks.
WINDOW_BYTES = 256 << 10


class Batch:
    """Encoded requests that are sent together.

    `left` are those without an outcome, `outcomes` what became of those before them, in order. `tag` is the
    caller's. `in_order`: it must not overtake other batches with this mark. `wait_ms`: how long the node may
    keep its requests waiting, on top of what the stream allows.

    `node` is the node that it was sent to. `pinned_to`: the only node that it may be sent to; where that is
    not possible, or its connection broke, the batch comes back with the requests that are `left`, marked
    `is_given_up`, and the stream goes on.
    """

    __slots__ = ("in_order", "is_given_up", "left", "node", "outcomes", "pinned_to", "tag", "wait_ms")

    def __init__(
        self,
        requests: list[bytes],
        tag: object = None,
        in_order: bool = False,
        wait_ms: int = 0,
        pinned_to: Node | None = None,
    ) -> None:
        self.left = requests
        self.outcomes: list[Outcome] = []
        self.tag = tag
        self.in_order = in_order
        self.wait_ms = wait_ms
        self.pinned_to = pinned_to
        self.node: Node | None = None
        self.is_given_up = False


class PipelinedConnection:
    """A connection and the batches that are in flight on it."""

    __slots__ = ("_batches", "_came", "connection", "in_flight")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.in_flight = InFlight()
        self._batches: deque[Batch] = deque()
        self._came: list[Reply] = []  # replies to the first batch, until it has all of them

    @property
    def busy(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._batches)

    @property
    def has_more_to_send(self) -> bool:
        """Whether some bytes were not handed over yet."""
        return self.in_flight.has_more_to_send

    @property
    def has_room(self) -> bool:
        """Whether another batch may be put."""
        return self.in_flight.waiting_bytes < WINDOW_BYTES

    def deadline(self, patience: float) -> float:
        """When the next reply is late, in monotonic seconds: after `patience` and the wait of its batch."""
        wait_ms = self._batches[0].wait_ms if self._batches else 0
        return self.in_flight.latest + patience + wait_ms / 1000

    def put(self, batch: Batch) -> None:
        """Take a batch with some requests left; nothing is sent yet."""
        batch.node = self.connection.node
        self._batches.append(batch)
        self.in_flight.add(batch.left)

    def send(self) -> None:
        """Hand over as many bytes as there is room for. Raises Broken."""
        try:
            self.in_flight.send(self.connection)
        except Broken:
            self._receive_the_rest()
            raise

    def receive(self) -> bool:
        """Read what has come and complete the batches that it answers; return whether there was a reply.

        Raises Broken or ProtocolError.
        """
        try:
            return self.in_flight.receive(self.connection, self._came)
        finally:
            while self._batches and len(self._came) >= len(self._batches[0].left):
                batch = self._batches.popleft()
                count = len(batch.left)
                batch.outcomes += self._came[:count]
                batch.left = []
                del self._came[:count]

    def _receive_the_rest(self) -> None:
        # A node that has closed the connection may have answered before.
        try:
            while True:
                self.receive()
        except (Broken, ProtocolError):
            return

    def settle(self, unknown: OutcomeUnknown | None) -> list[Batch]:
        """After a failure: give each request the outcome that is known; return the batches with some left.

        The requests that were handed over completely and not answered become `unknown`; with None they are
        left, too.
        """
        uncertain = 0 if unknown is None else self.in_flight.uncertain
        batches, came = list(self._batches), self._came
        self._batches.clear()
        self._came = []
        for batch in batches:
            settled: list[Outcome] = [*came]
            if unknown is not None:
                count = min(uncertain, len(batch.left) - len(came))
                settled += [unknown] * count
                uncertain -= count
            batch.outcomes += settled
            batch.left = batch.left[len(settled) :]
            came = []
        return [batch for batch in batches if batch.left]
