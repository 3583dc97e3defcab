"""A pipe for what the processes of one slot write, read as lines, in bounded memory."""

from __future__ import annotations

import os
from collections import deque

from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.poller import Poller

# How much is read from one process in a turn of the worker, and how often to read what is left in its pipe.
CHUNK_BYTES = 16384
_CHUNKS_IN_A_PIPE = 4
_TAIL_BYTES = 16 << 10


class LinePipe:
    """Calls `pass_on(lines)` for lines, without their line ends.

    Reads nothing while `is_behind()`, so that the processes' writes block. `writing` is the end for them;
    `keep` is how many lines `take_tail` returns.
    """

    def __init__(
        self,
        poller: Poller,
        pass_on: Callable[[list[bytes]], object],
        is_behind: Callable[[], bool],
        keep: int = 0,
    ) -> None:
        self._poller = poller
        self._pass_on = pass_on
        self._is_behind = is_behind
        self._tail = Tail(keep)
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.set_reading()

    def end_line(self) -> None:
        """The process has ended: read the rest, and pass on its last line, if that had no line end."""
        self._read_the_rest()
        lines = self._tail.end()
        if lines:
            self._pass_on(lines)

    def take_tail(self) -> bytes:
        """Return the end of what was written since the last call."""
        self._read_the_rest()
        return self._tail.take()

    def close(self) -> None:
        """Close both ends."""
        self.set_reading(False)
        os.close(self._reading)
        os.close(self.writing)

    def set_reading(self, on: bool = True) -> None:
        """Read what is written, or stop reading, so that writes block."""
        if on:
            self._poller.set(self._reading, READ, self._read)
        else:
            self._poller.drop(self._reading)

    def _read(self, _events: int) -> None:
        if not self._is_behind():
            self._read_a_chunk()

    def _read_the_rest(self) -> None:
        for _ in range(_CHUNKS_IN_A_PIPE):
            if self._read_a_chunk() < CHUNK_BYTES:
                return

    def _read_a_chunk(self) -> int:
        try:
            data = os.read(self._reading, CHUNK_BYTES)
        except BlockingIOError:
            return 0
        lines = self._tail.feed(data)
        if lines:
            self._pass_on(lines)
        return len(data)


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
