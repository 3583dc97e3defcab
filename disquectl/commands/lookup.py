"""What a line of Disque's own words is: the row behind it, found by its first words.

A word without a row counts as a write that may be anything.
"""

from __future__ import annotations

from disquectl.commands import find
from disquectl.commands.row import WRITE, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Words


def row_of(words: Words) -> Row:
    """The row of the words, down to the subcommand; one that stands for the unknown where there is none."""
    name = words[0].decode("utf-8", "backslashreplace").lower()
    row = find(name)
    if row is None or not row.verb or row.verb[0].lower() != words[0].lower():
        return unknown(words[0])
    if row.subcommands and len(words) > 1:
        inner = next((one for one in row.subcommands if one.verb[1].lower() == as_compared(words[1])), None)
        return inner or (row if row.danger else unknown(words[0]))
    return row


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


def unknown(verb: bytes) -> Row:
    """A row for what has none: it may change anything, and a Redis may know it."""
    return Row("exec", "", verb=(verb,), effect=WRITE, redis_too=True)
