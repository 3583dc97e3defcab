"""Splits a stream of RESP into complete requests or replies, as the exact bytes on the wire.

For tracing traffic; `resp` parses values. Never fails: bytes that are not RESP are split into lines. No I/O.
"""

from __future__ import annotations

_ARRAYS = b"*~>%"
_BULKS = b"$=!"


class FrameSplitter:
    """`feed` bytes in any pieces and get back the frames that are complete."""

    __slots__ = ("_at", "_buffer", "_missing", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0  # where the next element of the frame begins
        self._searched = 0  # where the search for its line end continues
        self._missing = 1  # how many elements of the frame are missing

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Add bytes; return the frames that they complete."""
        self._buffer += data
        frames = []
        start = 0
        while self._step():
            if self._missing == 0:
                frames.append(bytes(self._buffer[start : self._at]))
                start = self._at
                self._missing = 1
        del self._buffer[:start]
        self._at -= start
        self._searched = max(self._searched - start, self._at)
        return frames

    def _step(self) -> bool:
        """Skip one element; return whether it was complete."""
        line_end = self._buffer.find(b"\n", max(self._searched, self._at))
        if line_end < 0:
            # The element's first byte may be missing, so the search starts again at it.
            self._searched = len(self._buffer)
            return False
        kind = self._buffer[self._at]
        end, elements = line_end + 1, 0
        if kind in _ARRAYS:
            elements = max(self._length(line_end), 0) * (2 if kind == ord("%") else 1)
        elif kind in _BULKS and (length := self._length(line_end)) >= 0:
            end += length + 2
            if end > len(self._buffer):
                self._searched = line_end
                return False
        self._missing += elements - 1
        self._at = self._searched = end
        return True

    def _length(self, line_end: int) -> int:
        """Return the length in the header of an array or bulk; -1 for nil or an invalid header."""
        digits = bytes(self._buffer[self._at + 1 : line_end]).rstrip(b"\r")
        return int(digits) if digits.isdigit() and len(digits) < 20 else -1

    def rest(self) -> bytes:
        """Return the bytes of the incomplete frame."""
        return bytes(self._buffer)
