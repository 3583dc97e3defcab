"""A pipe for what the processes of one slot write, read as lines, in bounded memory."""

from __future__ import annotations

import os
from collections import deque

from disquectl.worker.pipe_end import PipeEnd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.poller import Poller

# How much is read from one process in a turn of the worker.
CHUNK_BYTES = 16384
_TAIL_BYTES = 16 << 10


class LinePipe(PipeEnd):
    """Calls `pass_on(lines)` for lines, without their line ends.

    Reads nothing while `is_behind()`, so that the processes' writes block. The end for them stays open for
    the next one; `keep` is how many lines `take_tail` returns.
    """

    def __init__(
        self,
        poller: Poller,
        pass_on: Callable[[list[bytes]], object],
        is_behind: Callable[[], bool],
        keep: int = 0,
    ) -> None:
        self._pass_on = pass_on
        self._is_behind = is_behind
        self._tail = Tail(keep)
        super().__init__(poller, self._feed, CHUNK_BYTES)

    def end_line(self) -> None:
        """The process has ended: read the rest, and pass on its last line, if that had no line end."""
        self.read_the_rest()
        lines = self._tail.end()
        if lines:
            self._pass_on(lines)

    def take_tail(self) -> bytes:
        """Return the end of what was written since the last call."""
        self.read_the_rest()
        return self._tail.take()

    def close(self) -> None:
        """Close both ends."""
        super().close()
        os.close(self.writing)

    def _ready(self, events: int) -> None:
        if not self._is_behind():
            super()._ready(events)

    def _feed(self, data: bytes) -> None:
        lines = self._tail.feed(data)
        if lines:
            self._pass_on(lines)


class Tail:
    """The last lines that a command wrote to stderr: at most `lines`, and about 16 kB.

    A part of a line of more than `longest` bytes is a line.
    """

    __slots__ = ("_bytes", "_kept", "_longest", "_partial")

    def __init__(self, lines: int, longest: int = _TAIL_BYTES) -> None:
        self._longest = longest
        self._kept: deque[bytes] = deque(maxlen=lines)
        self._bytes = 0
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add output; return the lines that are complete now, without their line ends."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > self._longest:
            lines.append(self._partial)
            self._partial = b""
        for line in lines[-(self._kept.maxlen or 0) :] if self._kept.maxlen else ():
            self._keep(line[-_TAIL_BYTES:])
        return lines

    def _keep(self, line: bytes) -> None:
        if len(self._kept) == self._kept.maxlen:
            self._bytes -= len(self._kept.popleft())
        self._kept.append(line)
        self._bytes += len(line)
        while self._bytes > _TAIL_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popleft())

    def end(self) -> list[bytes]:
        """The command has ended; return its last line, if that had no line end."""
        return self.feed(b"\n") if self._partial else []

    def take(self) -> bytes:
        """Return what is kept, and start again."""
        kept = b"\n".join(self._kept)[-_TAIL_BYTES:]
        self._kept.clear()
        self._bytes = 0
        return kept
