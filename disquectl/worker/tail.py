"""The last lines of what a command writes to stderr, however much it is. Pure."""

from __future__ import annotations

_MAX_BYTES = 16 << 10


class Tail:
    """Keeps so many lines, and no more than 16 kB of them; hands on the lines that are whole."""

    __slots__ = ("_kept", "_lines", "_partial")

    def __init__(self, lines: int) -> None:
        self._lines = lines
        self._kept: list[bytes] = []
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add what was written; the lines that are whole by now, without their ends."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _MAX_BYTES:
            lines.append(self._partial)
            self._partial = b""
        if lines and self._lines:
            self._kept = (self._kept + lines)[-self._lines :]
        return lines

    def end(self) -> list[bytes]:
        """The command has ended: the line that it did not end, if any."""
        return self.feed(b"\n") if self._partial else []

    def take(self) -> bytes:
        """What is kept, and begin anew."""
        kept, self._kept = self._kept, []
        return b"\n".join(kept)[-_MAX_BYTES:]
