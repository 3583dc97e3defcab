"""Encodes replies as RESP2.

Pure; knows nothing of commands. There are two nils, which clients distinguish: `NIL_BULK` and `NIL_ARRAY`.
"""

from __future__ import annotations

from collections.abc import Sequence

OK = b"+OK\r\n"
NIL_BULK = b"$-1\r\n"
NIL_ARRAY = b"*-1\r\n"
EMPTY_ARRAY = b"*0\r\n"

_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


def status(text: bytes) -> bytes:
    """A status line. `text` has no line ends."""
    return b"+%b\r\n" % text


def error(text: bytes) -> bytes:
    """An error line, `text` with its code; line ends in it become blanks."""
    return b"-%b\r\n" % text.translate(_LINE_ENDS)


def integer(number: int) -> bytes:
    return b":%d\r\n" % number


def bulk(data: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(data), data)


def bulk_or_nil(data: bytes | None) -> bytes:
    return NIL_BULK if data is None else bulk(data)


def array(items: Sequence[bytes]) -> bytes:
    """An array of replies that are already encoded."""
    return b"*%d\r\n%b" % (len(items), b"".join(items))


def bulks(items: Sequence[bytes]) -> bytes:
    """An array of bulks."""
    return array([bulk(item) for item in items])
