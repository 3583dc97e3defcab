"""`FrameSplitter`: splits a stream of RESP into complete requests or replies, each as its exact bytes.

For showing traffic; `resp` parses values. It never fails: what is not RESP is returned line by line. No I/O.
"""

from __future__ import annotations

_ARRAYS = b"*~>%"
_BULKS = b"$=!"


class FrameSplitter:
    """`feed` bytes in any chunks; it returns the frames that are complete."""

    __slots__ = ("_at", "_buffer", "_missing", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0  # where the next element of the frame begins
        self._searched = 0  # how far its line end was looked for
        self._missing = 1  # how many elements the frame still lacks

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Add bytes and return the frames that they complete."""
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
        """Go over one element; whether it was all there."""
        line_end = self._buffer.find(b"\n", max(self._searched, self._at))
        if line_end < 0:
            # The element's first byte may not be there yet, so the search begins anew at it.
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
        """The length in the line of an array or a bulk; -1 for nil, and where none stands there."""
        digits = bytes(self._buffer[self._at + 1 : line_end]).rstrip(b"\r")
        return int(digits) if digits.isdigit() and len(digits) < 20 else -1

    def rest(self) -> bytes:
        """Return the bytes of an incomplete frame."""
        return bytes(self._buffer)
