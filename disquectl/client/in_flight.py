"""`InFlight`: the requests of one connection that have no reply yet, and which of them are uncertain.

It sends and reads as far as the socket allows and never waits. It must not know what the requests are for, or
whether one is to be sent again.
"""

from __future__ import annotations

import time
from collections import deque

from disquectl.client.connection import Broken
from disquectl.client.connection_factory import turned_away

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.connection import Connection
    from disquectl.protocol.resp import Reply


class Unasked(Broken):
    """The node sent more replies than it was sent requests."""


class InFlight:
    """Requests in the order in which they go out, in groups; the replies come in the same order.

    waiting_bytes  the bytes of the groups that are not answered completely
    latest         when something was last sent or received, in monotonic seconds
    """

    __slots__ = ("_answered", "_groups", "_handed_over", "_out", "latest", "waiting_bytes")

    def __init__(self) -> None:
        self.waiting_bytes = 0
        self.latest = time.monotonic()
        self._groups: deque[tuple[Sequence[bytes], int]] = deque()  # encoded requests, their total size
        self._answered = 0  # requests of the first group that have a reply
        self._handed_over = 0  # bytes, counted from the start of the first group
        self._out = bytearray()

    @property
    def is_waiting(self) -> bool:
        """Whether a reply is still to come."""
        return bool(self._groups)

    @property
    def has_more_to_send(self) -> bool:
        """Whether some bytes were not handed over yet."""
        return bool(self._out)

    def add(self, requests: Sequence[bytes]) -> None:
        """Take a group of encoded requests, at least one; nothing is sent yet."""
        if not self._groups:
            self.latest = time.monotonic()
        data = b"".join(requests)
        self._groups.append((requests, len(data)))
        self._out += data
        self.waiting_bytes += len(data)

    def send(self, connection: Connection) -> None:
        """Hand over as many bytes as there is room for. Raises Broken."""
        with memoryview(self._out) as view:
            taken = connection.send_some(view)
        del self._out[:taken]
        self._handed_over += taken
        self.latest = time.monotonic()

    def receive(self, connection: Connection, replies: list[Reply]) -> bool:
        """Read what has come and append the replies; return whether there were any.

        Raises Broken, Unasked or ProtocolError; the replies before the failure are appended then, too.
        """
        before, is_first = len(replies), not connection.replied
        try:
            connection.receive_ready(replies)
        finally:
            if is_first and len(replies) > before and turned_away(replies[before]):
                # A node that accepts no more connections has read nothing.
                self._handed_over = 0
                del replies[before:]
                raise Broken("max number of clients reached")
            extra = self._count(len(replies) - before)
        if len(replies) == before:
            return False
        self.latest = time.monotonic()
        if not self._groups:
            connection.busy = False
        if extra:
            del replies[-extra:]
            raise Unasked("it sent a reply to no request")
        return True

    def _count(self, answered: int) -> int:
        """Note the replies; return how many of them belong to no request."""
        self._answered += answered
        while self._groups and self._answered >= len(self._groups[0][0]):
            requests, size = self._groups.popleft()
            self._answered -= len(requests)
            self._handed_over -= size
            self.waiting_bytes -= size
        return 0 if self._groups else self._answered

    @property
    def uncertain(self) -> int:
        """How many requests were handed over completely and have no reply: the first of those without one."""
        count, end = 0, 0
        for requests, size in self._groups:
            skipped = self._answered if not end else 0
            if end + size <= self._handed_over:
                count += len(requests) - skipped
                end += size
                continue
            for place, request in enumerate(requests):
                end += len(request)
                if end > self._handed_over:
                    return count
                count += place >= skipped
        return count
