"""The clients of a measurement: one repeats a request, the other takes jobs and acknowledges them.

Each has one connection and one block of requests in flight; no call waits. They are written for speed: a
measurement must not measure itself.
"""

from __future__ import annotations

import select

from disquectl.client.connection import Broken
from disquectl.errors import ReplyError
from disquectl.protocol.reply_lines import ReplyLines
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.connection import Connection
    from disquectl.protocol.resp import Reply

_READ = select.EPOLLIN
_READ_AND_WRITE = select.EPOLLIN | select.EPOLLOUT


class BenchClient:
    """One connection.

    since      since when the latency of the block counts
    events     the events to poll for
    done       jobs of the block that are done, when it has ended
    errors     kind -> how many requests or jobs
    returned   requests that had no effect: there was no job
    """

    __slots__ = ("_connection", "_unsent", "done", "errors", "events", "last", "left", "returned", "since")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unsent = memoryview(b"")
        self.since = self.last = 0.0
        self.done = self.left = self.returned = 0
        self.events = _READ
        self.errors: dict[str, int] = {}

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._connection.fileno()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def begin(self, count: int, since: float) -> None:
        """Send a block of `count` requests. Raises Broken."""
        raise NotImplementedError

    def advance(self, events: int) -> bool:
        """Send and read what the events allow; return whether the block has ended.

        Raises Broken and ProtocolError.
        """
        raise NotImplementedError

    def lost(self, kind: str) -> None:
        """Note that no more replies come for what is in flight."""
        self.errors[kind] = self.errors.get(kind, 0) + self.left
        self.left = 0

    def _send(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        self._unsent = view[self._connection.send_some(view) :]
        self.events = _READ_AND_WRITE if self._unsent else _READ


class RepeatingClient(BenchClient):
    """Sends the same request again and again; replies, of one line each, are counted and not parsed."""

    __slots__ = ("_block", "_lines", "_request", "_size")

    def __init__(self, connection: Connection, request: bytes, beginning: bytes, size: int) -> None:
        """`request` is encoded; `size` is the usual number of them in a block.

        `beginning` is that of a reply that is right (protocol.reply_lines).
        """
        super().__init__(connection)
        self._request = request
        self._block = request * size
        self._size = size
        self._lines = ReplyLines(beginning)
        self.errors = self._lines.errors

    def begin(self, count: int, since: float) -> None:
        """Send `count` requests."""
        self.left, self.done, self.since = count, 0, since
        self._send(self._block if count == self._size else self._request * count)

    def advance(self, events: int) -> bool:
        """Count what has come."""
        if self._unsent and events & select.EPOLLOUT:
            self._send(self._unsent)
        if events & ~select.EPOLLOUT:
            count, right = self._lines.feed(self._connection.receive_bytes())
            self.left -= count
            self.done += right
            if self.left < 0:
                raise Broken("it sent a reply to no request")
        return not self.left


class TakingClient(BenchClient):
    """Takes jobs by GETJOB, and acknowledges them by ACKJOB. The latency is that of both together."""

    __slots__ = ("_count", "_ids", "_queue", "_replies")

    def __init__(self, connection: Connection, queue: bytes) -> None:
        super().__init__(connection)
        self._queue = queue
        self._ids: list[bytes] = []  # that ACKJOB was sent for
        self._count = 0
        self._replies: list[Reply] = []

    def begin(self, count: int, since: float) -> None:
        """Ask for up to `count` jobs."""
        self.left = self._count = count
        self.done = self.returned = 0
        self.since = since
        self._ids = []
        self._send(encode((b"GETJOB", b"NOHANG", b"COUNT", count, b"FROM", self._queue)))

    def advance(self, events: int) -> bool:
        """Take the jobs, then the reply to their acknowledgement."""
        if self._unsent and events & select.EPOLLOUT:
            self._send(self._unsent)
        if events & ~select.EPOLLOUT:
            self._replies.clear()
            self._connection.receive_ready(self._replies)
            for reply in self._replies:
                if self._take(reply):
                    return True
        return False

    def _take(self, reply: Reply) -> bool:
        if isinstance(reply, ReplyError):
            self.lost(reply.code)
            return True
        if self._ids:
            self.done, self.left = len(self._ids), 0
            return True
        if not isinstance(reply, list) or not reply:
            self.returned, self.left = self._count, 0
            return True
        try:
            self._ids = [job[1] for job in reply]  # type: ignore[index,misc]  # other types raise
            request = encode((b"ACKJOB", *self._ids))
        except (TypeError, IndexError, KeyError) as problem:
            raise ProtocolError("not the reply to GETJOB") from problem
        self.returned, self.left = self._count - len(self._ids), len(self._ids)
        self._send(request)
        return False
