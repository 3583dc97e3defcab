"""Disque's syntax as the server reads it: how it compares words, how long a request may block. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Words


def as_compared(word: bytes) -> bytes:
    """A word after the command's name as Disque compares it: lower case, up to its first NUL."""
    return word.partition(b"\0")[0].lower()


def own_wait_ms(words: Words) -> int | None:
    """How long these words may block at the server, in ms: the timeouts of ADDJOB and GETJOB.

    None means without limit. A timeout that is not a number counts as 0: the server refuses it.
    """
    verb = words[0].upper()
    if verb == b"ADDJOB" and len(words) > 3:
        return 0 if b"async" in map(as_compared, words[4:]) else _milliseconds(words[3])
    if verb != b"GETJOB":
        return 0
    options = list(map(as_compared, words[1:]))
    if b"from" not in options:
        return 0
    options = options[: options.index(b"from")]
    if b"nohang" in options:
        return 0
    return _milliseconds(options[options.index(b"timeout") + 1]) if b"timeout" in options[:-1] else None


def _milliseconds(word: bytes) -> int | None:
    # The server accepts a sign and leading zeros, stops at a NUL, and reads an empty word as 0.
    digits = as_compared(word)
    digits = (digits[1:] if digits[:1] in (b"+", b"-") else digits).lstrip(b"0")
    if not digits:
        return None
    return int(digits) if digits.isdigit() and len(digits) < 19 else 0
