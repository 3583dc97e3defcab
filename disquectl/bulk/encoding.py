"""The first bytes of a UTF-8 stream: a byte order mark is dropped, UTF-16 and UTF-32 are refused.

Pure: it is given bytes and never reads.
"""

from __future__ import annotations

from disquectl.errors import UsageError

BOM = b"\xef\xbb\xbf"
# The longest mark has four bytes; four bytes of JSON also show the zero bytes of wide characters.
SHORTEST = 4
MARKS = (
    (b"\xff\xfe\0\0", "UTF-32LE"),
    (b"\0\0\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
)


def checked_start(data: bytes, name: str) -> bytes:
    """`data`, the first bytes of the stream called `name`, without a byte order mark.

    Raises UsageError for UTF-16 and UTF-32, with or without a mark. JSON begins with ASCII characters, and a
    zero byte among them belongs to a wide character.
    """
    if wide := _wide_encoding(data[:SHORTEST]):
        raise UsageError(
            f"{name}: the text is {wide}, not UTF-8; no job was added",
            f"convert it: iconv -f {wide} -t UTF-8",
        )
    return data.removeprefix(BOM)


def _wide_encoding(start: bytes) -> str | None:
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    if b"\0" not in start:
        return None
    width = 32 if b"\0\0" in start else 16
    return f"UTF-{width}{'BE' if start.startswith(bytes(1)) else 'LE'}"


class Utf8Start:
    """Holds back the first bytes until there are enough to recognise the encoding."""

    __slots__ = ("_held", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._held: bytes | None = b""

    def feed(self, data: bytes) -> bytes:
        """The bytes that can be passed on; empty `data` is the end of the stream. Raises UsageError."""
        if self._held is None:
            return data
        held = self._held + data
        if data and len(held) < SHORTEST:
            self._held = held
            return b""
        self._held = None
        return checked_start(held, self._name)
