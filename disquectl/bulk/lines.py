"""Splits a stream of bytes into lines. Pure: it is given bytes and never reads.

Only the separator ends a line (LF or NUL; a CR belongs to the line), and the last line needs none.
"""

from __future__ import annotations

# The longest body of a job: Disque refuses a longer one and closes the connection.
MAX_LINE_BYTES = 512 << 20


class LineSplitter:
    """`feed` takes bytes in pieces of any size, and returns the lines that they complete, without separators.

    A line of more than `max_bytes` is None; it is not kept.
    """

    __slots__ = ("_held", "_held_bytes", "_max_bytes", "_separator")

    def __init__(self, separator: bytes = b"\n", max_bytes: int = MAX_LINE_BYTES) -> None:
        self._separator = separator
        self._max_bytes = max_bytes
        self._held: list[bytes] = []  # of the incomplete line
        self._held_bytes = 0

    def feed(self, data: bytes) -> list[bytes | None]:
        """Add bytes; returns the lines that are complete now."""
        lines: list[bytes | None] = list(data.split(self._separator))
        first, last = lines[0] or b"", lines.pop() or b""
        if lines:
            if self._held_bytes:
                self._hold(first)
                lines[0] = self._release()
            if len(data) > self._max_bytes:
                lines = [self._checked(line) for line in lines]
        if last:
            self._hold(last)
        return lines

    def finish(self) -> list[bytes | None]:
        """The last line, if the stream did not end with a separator."""
        return [self._release()] if self._held_bytes else []

    def _hold(self, data: bytes) -> None:
        self._held_bytes += len(data)
        if self._held_bytes > self._max_bytes:
            self._held.clear()
        else:
            self._held.append(data)

    def _release(self) -> bytes | None:
        line = b"".join(self._held) if self._held_bytes <= self._max_bytes else None
        self._held.clear()
        self._held_bytes = 0
        return line

    def _checked(self, line: bytes | None) -> bytes | None:
        return line if line is not None and len(line) <= self._max_bytes else None
