"""The last lines of what a command writes to stderr, however much it is. Pure."""

from __future__ import annotations

from collections import deque

_MAX_BYTES = 16 << 10


class Tail:
    """Keeps so many lines, and about 16 kB of them at most; hands on the lines that are whole."""

    __slots__ = ("_bytes", "_kept", "_partial")

    def __init__(self, lines: int) -> None:
        self._kept: deque[bytes] = deque(maxlen=lines)
        self._bytes = 0
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add what was written; the lines that are whole by now, without their ends."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _MAX_BYTES:
            lines.append(self._partial)
            self._partial = b""
        for line in lines[-(self._kept.maxlen or 0) :] if self._kept.maxlen else ():
            self._keep(line[-_MAX_BYTES:])
        return lines

    def _keep(self, line: bytes) -> None:
        if len(self._kept) == self._kept.maxlen:
            self._bytes -= len(self._kept.popleft())
        self._kept.append(line)
        self._bytes += len(line)
        while self._bytes > _MAX_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popleft())

    def end(self) -> list[bytes]:
        """The command has ended: the line that it did not end, if any."""
        return self.feed(b"\n") if self._partial else []

    def take(self) -> bytes:
        """What is kept, and begin anew."""
        kept = b"\n".join(self._kept)[-_MAX_BYTES:]
        self._kept.clear()
        self._bytes = 0
        return kept
