"""Parses requests (lists of words) from the bytes of a connection, incrementally.

Knows no socket: bytes are fed in, complete requests come out. No memory is reserved for announced lengths,
and the size of an incomplete request is bounded.
Source of the rules: Disque's protocol is that of Redis 3, multibulk and inline mixed on one connection.
"""

from __future__ import annotations

from disquectl.sandbox.inline import split_words

MAX_LINE_BYTES = 64 * 1024
# The server reads in pieces: the last one may bring the end of a longer line.
_PIECE_BYTES = 16 * 1024
MAX_WORDS = 1024 * 1024
MAX_BULK_BYTES = 512 * 1024 * 1024
MAX_REQUEST_BYTES = MAX_BULK_BYTES + 1024 * 1024
_WORD_OVERHEAD_BYTES = 64
_SHORT_HEADERS = {b"$%d" % length: length for length in range(1000)}


class ProtocolError(Exception):
    """The bytes are not a request; `text` is the whole error, including its code."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text.decode("latin-1"))
        self.text = text


class RequestReader:
    """Feed it bytes, call `next_request()` until it returns None.

    After a ProtocolError nothing more can be read from the connection.
    """

    __slots__ = (
        "_at",
        "_buffer",
        "_kept_bytes",
        "_later",
        "_later_bytes",
        "_length",
        "_missing",
        "_words",
        "skipped_empty",
    )

    def __init__(self) -> None:
        # Set when a request without words was skipped; the caller resets it.
        self.skipped_empty = False
        self._buffer = b""
        self._at = 0
        # Pieces of a long bulk, joined once when it is complete.
        self._later: list[bytes] = []
        self._later_bytes = 0
        self._words: list[bytes] = []
        self._missing = 0
        self._length = -1
        self._kept_bytes = 0

    @property
    def pending_bytes(self) -> int:
        """Approximate memory of the bytes of incomplete requests."""
        return self.unread_bytes + self._kept_bytes

    @property
    def unread_bytes(self) -> int:
        """The bytes that are not yet words of a request."""
        return len(self._buffer) - self._at + self._later_bytes

    @property
    def has_input(self) -> bool:
        return self._at < len(self._buffer) or self._later_bytes > 0

    def feed(self, data: bytes) -> None:
        left = self._buffer[self._at :]
        self._at = 0
        if self._length < 0:
            self._buffer = left + data if left else data
            return
        self._buffer = b""
        self._later += [left, data] if left else [data]
        self._later_bytes += len(left) + len(data)
        if self._later_bytes >= self._length + 2:
            self._buffer = b"".join(self._later)
            self._later.clear()
            self._later_bytes = 0

    def next_request(self) -> list[bytes] | None:
        """Return the words of the next request, at least one; None if more bytes are needed."""
        while self._missing or self._at < len(self._buffer):
            if not self._missing:
                if self._buffer[self._at] != 0x2A:
                    words = self._read_inline()
                    if words is None:
                        return None
                    if words:
                        return words
                    self.skipped_empty = True
                    continue
                count = self._read_count()
                if count is None:
                    return None
                self._missing = max(count, 0)
                if not self._missing:
                    self.skipped_empty = True
                    continue
            return self._read_bulks()
        # Do not keep a second copy of a long body.
        self._buffer = b""
        self._at = 0
        return None

    def _read_inline(self) -> list[bytes] | None:
        end = self._line_mark(b"\n")
        if end < 0:
            if len(self._buffer) - self._at > MAX_LINE_BYTES:
                raise ProtocolError(b"ERR Protocol error: too big inline request")
            return None
        line = self._buffer[self._at : end]
        ends_with_both = line.endswith(b"\r")
        words = split_words(line[:-1] if ends_with_both else line)
        # The server always skips two bytes: what follows a bare LF in the same packet loses its first one.
        self._at = end + 1 if ends_with_both else min(end + 2, len(self._buffer))
        if words is None:
            raise ProtocolError(b"ERR Protocol error: unbalanced quotes in request")
        return words

    def _read_count(self) -> int | None:
        end = self._line_end(b"mbulk")
        if end < 0:
            return None
        count = _strict_integer(self._buffer[self._at + 1 : end])
        if count is None or count > MAX_WORDS:
            raise ProtocolError(b"ERR Protocol error: invalid multibulk length")
        self._at = end + 2
        return count

    def _line_end(self, what: bytes) -> int:
        """Return where the header line that starts here ends; -1 if it is incomplete."""
        end = self._line_mark(b"\r")
        if end < 0 and len(self._buffer) - self._at > MAX_LINE_BYTES:
            raise ProtocolError(b"ERR Protocol error: too big %b count string" % what)
        return end if 0 <= end < len(self._buffer) - 1 else -1

    def _line_mark(self, mark: bytes) -> int:
        """Return where the line that starts here has `mark`, else -1. The server stops at a NUL."""
        end = self._buffer.find(mark, self._at, self._at + MAX_LINE_BYTES + _PIECE_BYTES)
        return -1 if end < 0 or self._buffer.find(b"\0", self._at, end) >= 0 else end

    def _read_bulks(self) -> list[bytes] | None:
        buffer, words, size = self._buffer, self._words, len(self._buffer)
        while self._missing:
            if self._length < 0:
                # Nearly all lengths are short; a lookup is fastest.
                header_end = buffer.find(b"\r", self._at)
                length = _SHORT_HEADERS.get(buffer[self._at : header_end], -1)
                if length >= 0 and 0 <= header_end < size - 1:
                    self._length = length
                    self._at = header_end + 2
                elif not self._read_length():
                    return None
            start = self._at
            end = start + self._length
            if end + 2 > size:
                return None
            words.append(buffer[start:end])
            # The two bytes after a bulk are skipped without a check, as on the real server.
            self._at = end + 2
            self._kept_bytes += self._length + _WORD_OVERHEAD_BYTES
            self._length = -1
            self._missing -= 1
        self._words = []
        self._kept_bytes = 0
        return words

    def _read_length(self) -> bool:
        buffer, at = self._buffer, self._at
        end = self._line_end(b"bulk")
        if end < 0:
            return False
        if buffer[at] != 0x24:
            raise ProtocolError(b"ERR Protocol error: expected '$', got '%c'" % buffer[at])
        length = _strict_integer(buffer[at + 1 : end])
        if length is None or not 0 <= length <= MAX_BULK_BYTES:
            raise ProtocolError(b"ERR Protocol error: invalid bulk length")
        if length + self._kept_bytes > MAX_REQUEST_BYTES:
            raise ProtocolError(b"ERR Protocol error: too big request")
        self._length = length
        self._at = end + 2
        return True


def _strict_integer(text: bytes) -> int | None:
    """Return a number of the protocol: no `+`, no leading zeros, no blanks; else None."""
    if text.isdigit():
        return int(text) if len(text) < 20 and (text[0] != 0x30 or len(text) == 1) else None
    digits = text[1:]
    if text[:1] == b"-" and digits.isdigit() and len(digits) < 20 and digits[0] != 0x30:
        return -int(digits) if int(digits) <= 2**63 else None
    return None
