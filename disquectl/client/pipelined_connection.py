"""One connection with many requests on their way: what was answered, what was handed over, what was not.

`PipelinedConnection` sends and reads as far as the socket allows and never waits. When the connection breaks
it tells what is certain of each request. Whether to send something again is not decided here.
"""

from __future__ import annotations

import time
from collections import deque

from disquectl.client.connection import Broken
from disquectl.client.connection_factory import NODE_IS_FULL
from disquectl.errors import OutcomeUnknown, ReplyError
from disquectl.protocol.resp import ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.connection import Connection
    from disquectl.protocol.resp import Reply

    # What became of a request: its reply, or that nobody can know.
    Outcome: TypeAlias = "Reply | OutcomeUnknown"

# So much may be sent ahead of the replies. It keeps a node busy, and little uncertain when it breaks.
WINDOW_BYTES = 256 << 10


class Batch:
    """Encoded requests that travel together.

    `left` are those of which nothing is known yet, `outcomes` what became of those before them, in order.
    `tag` is the caller's. `in_order`: it must not overtake others that have this mark. `wait_ms`: how long
    the node may hold its requests, on top of what the stream allows.

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
    """See the module. `latest` is the time of the last progress, on the monotonic clock."""

    __slots__ = (
        "_batches",
        "_came",
        "_handed_over",
        "_later",
        "_out",
        "connection",
        "latest",
        "waiting_bytes",
    )

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.waiting_bytes = 0  # of the portions that are not answered whole
        self.latest = 0.0
        self._batches: deque[tuple[Batch, int]] = deque()
        self._later: deque[bytes] = deque()
        self._out = memoryview(b"")
        self._handed_over = 0  # bytes, from the start of the first portion on
        self._came: list[Reply] = []  # replies to the first portion, as long as it lacks some

    @property
    def busy(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._batches)

    def deadline(self, patience: float) -> float:
        """When the next reply is late, in monotonic seconds: after `patience` and its request's own wait."""
        wait_ms = self._batches[0][0].wait_ms if self._batches else 0
        return self.latest + patience + wait_ms / 1000

    @property
    def has_room(self) -> bool:
        """Whether more may be put."""
        return self.waiting_bytes < WINDOW_BYTES

    @property
    def has_more_to_send(self) -> bool:
        """Whether some bytes were not handed over yet."""
        return bool(self._out or self._later)

    def put(self, batch: Batch) -> None:
        """Take on a portion; nothing is sent yet."""
        if not self._batches:
            self.latest = time.monotonic()
        batch.node = self.connection.node
        data = b"".join(batch.left)
        self._batches.append((batch, len(data)))
        self._later.append(data)
        self.waiting_bytes += len(data)

    def send(self) -> None:
        """Hand over what there is room for. Raises Broken."""
        if not self._out:
            self._out = memoryview(self._later.popleft())
        try:
            taken = self.connection.send_some(self._out)
        except Broken:
            self._receive_the_rest()
            raise
        self._handed_over += taken
        self._out = self._out[taken:]
        self.latest = time.monotonic()

    def receive(self) -> bool:
        """Read what has come, whether that was a reply; portions that are answered by it are done.

        Raises Broken or ProtocolError.
        """
        first = not self.connection.replied
        if not self.connection.receive_ready(self._came):
            return False
        self.latest = time.monotonic()
        if first:
            self._look_whether_turned_away()
        while self._batches:
            batch, size = self._batches[0]
            count = len(batch.left)
            if len(self._came) < count:
                return True
            batch.outcomes += self._came[:count]
            batch.left = []
            del self._came[:count]
            self._batches.popleft()
            self._handed_over -= size
            self.waiting_bytes -= size
        self.connection.busy = False
        if self._came:
            raise Broken("it sent something that nobody asked for")
        return True

    def _receive_the_rest(self) -> None:
        # A node that has closed the connection may have answered before.
        try:
            while True:
                self.receive()
        except (Broken, ProtocolError):
            return

    def _look_whether_turned_away(self) -> None:
        # A node that takes no more connections says so unasked, and has read nothing.
        reply = self._came[0]
        if isinstance(reply, ReplyError) and reply.message == NODE_IS_FULL:
            self._came.clear()
            self._handed_over = 0
            raise Broken("max number of clients reached")

    @property
    def uncertain(self) -> bool:
        """Whether a request was handed over whole and is not answered."""
        answered = len(self._came)
        requests = self._batches[0][0].left if self._batches else []
        if answered >= len(requests):
            return False
        return sum(map(len, requests[: answered + 1])) <= self._handed_over

    def settle(self, unknown: OutcomeUnknown | None) -> list[Batch]:
        """After the end: give each request the outcome that is known; the portions that have some left.

        Those that were handed over whole and not answered become `unknown`; with None they are left, too.
        """
        left: list[Batch] = []
        start = 0
        came, self._came = self._came, []
        for batch, size in self._batches:
            settled = len(came)
            end = start + sum(map(len, batch.left[:settled]))
            if unknown is not None:
                while settled < len(batch.left) and end + len(batch.left[settled]) <= self._handed_over:
                    end += len(batch.left[settled])
                    settled += 1
                batch.outcomes += [*came, *[unknown] * (settled - len(came))]
            else:
                batch.outcomes += came
            batch.left = batch.left[settled:]
            came = []
            start += size
            if batch.left:
                left.append(batch)
        self._batches.clear()
        return left
