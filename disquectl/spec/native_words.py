"""Disque's own words as the server reads them: how it compares them, how long it holds a request. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Words


def as_compared(word: bytes) -> bytes:
    """A word behind the command's name as Disque compares it: in any case, up to its first NUL."""
    return word.partition(b"\0")[0].lower()


def own_wait_ms(words: Words) -> int | None:
    """How long the server may hold these words before it answers: ADDJOB's and GETJOB's own timeouts.

    None is for ever. What is no number is left to the server to refuse.
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
    # As the server reads it: a sign, zeros in front, up to a NUL, and nothing at all is 0.
    digits = as_compared(word)
    digits = (digits[1:] if digits[:1] in (b"+", b"-") else digits).lstrip(b"0")
    if not digits:
        return None
    return int(digits) if digits.isdigit() and len(digits) < 19 else 0
