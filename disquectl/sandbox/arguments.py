"""Parses words of a request as numbers and options, by Disque's rules; invalid words raise `Refused`.

Pure; knows no command. Disque reads arguments as C strings: a NUL ends an option name or a number.
"""

from __future__ import annotations

import re

_INTEGER = re.compile(rb"[+-]?[0-9]+\Z")
_SIZE = re.compile(rb"(-?[0-9]*)(b|k|kb|m|mb|g|gb|)\Z", re.IGNORECASE)
_SIZE_UNITS = {
    b"": 1,
    b"b": 1,
    b"k": 1000,
    b"kb": 1024,
    b"m": 1000**2,
    b"mb": 1024**2,
    b"g": 1000**3,
    b"gb": 1024**3,
}
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

NO_INTEGER = b"ERR value is not an integer or out of range"
SYNTAX_ERROR = b"ERR syntax error"


class Refused(Exception):
    """The command is answered with an error; `text` is the whole error, including its code."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text.decode("latin-1"))
        self.text = text


def c_string(word: bytes) -> bytes:
    """Return `word` up to its first NUL."""
    return word.partition(b"\0")[0] if b"\0" in word else word


def option(word: bytes) -> bytes:
    """Return `word` as the name of an option: up to its first NUL, in lower case."""
    return c_string(word).lower()


def read_integer(word: bytes) -> int | None:
    """Return a signed 64 bit number; 0 for the empty word; None for anything else."""
    text = c_string(word)
    if not text:
        return 0
    if not _INTEGER.match(text) or len(text) > 400:
        return None
    number = int(text)
    return number if _INT64_MIN <= number <= _INT64_MAX else None


def integer(
    word: bytes, otherwise: bytes = NO_INTEGER, least: int = _INT64_MIN, most: int = _INT64_MAX
) -> int:
    """Like `read_integer`, within bounds. Raises Refused with the text `otherwise`."""
    number = read_integer(word)
    if number is None or not least <= number <= most:
        raise Refused(otherwise)
    return number


def signed(number: int, bits: int) -> int:
    """Return what the server keeps of a number in `bits` bits; larger numbers wrap around."""
    half = 1 << (bits - 1)
    return (number + half) % (2 * half) - half


def deadline_ms(word: bytes, now_ms: int) -> int:
    """Return the time at which a timeout in milliseconds ends; 0: never. Raises Refused.

    As on the server, a time beyond 64 bits wraps around to one long past.
    """
    timeout_ms = integer(word, b"ERR timeout is not an integer or out of range")
    if timeout_ms < 0:
        raise Refused(b"ERR timeout is negative")
    return signed(now_ms + timeout_ms, 64) if timeout_ms else 0


def cursor(word: bytes) -> int:
    """Return a scan's cursor: an unsigned 64 bit number; negative ones wrap around. Raises Refused."""
    text = c_string(word)
    if not text:
        return 0
    number = int(text) if _INTEGER.match(text) and len(text) <= 400 else 2**64
    if abs(number) >= 2**64:
        raise Refused(b"ERR invalid cursor or option name")
    return number % 2**64


def size_bytes(word: bytes) -> int | None:
    """A size with an optional unit (k = 1000, kb = 1024, ...); None if it is invalid or negative."""
    found = _SIZE.match(c_string(word))
    if not found or len(word) > 128:
        return None
    digits, unit = found.groups()
    # Too many digits count as the largest number.
    number = min(int(digits), _INT64_MAX) * _SIZE_UNITS[unit.lower()] if digits not in (b"", b"-") else 0
    return number if 0 <= number <= _INT64_MAX else None
