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
        inner = next((one for one in row.subcommands if one.verb[1].lower() == words[1].lower()), None)
        return inner or (row if row.danger else unknown(words[0]))
    return row


def own_wait_ms(words: Words) -> int | None:
    """How long the server may hold these words before it answers: ADDJOB's and GETJOB's own timeouts.

    None is for ever. What is no number is left to the server to refuse.
    """
    verb = words[0].upper()
    if verb == b"ADDJOB" and len(words) > 3:
        lowered = [word.lower() for word in words[4:]]
        return 0 if b"async" in lowered else _milliseconds(words[3])
    if verb != b"GETJOB":
        return 0
    options = [word.lower() for word in words[1:]]
    options = options[: options.index(b"from")] if b"from" in options else options
    if b"nohang" in options or b"from" not in (word.lower() for word in words):
        return 0
    return _milliseconds(options[options.index(b"timeout") + 1]) if b"timeout" in options[:-1] else None


def _milliseconds(word: bytes) -> int | None:
    return int(word) or None if word.isdigit() and len(word) < 19 else 0


def unknown(verb: bytes) -> Row:
    """A row for what has none: it may change anything, and a Redis may know it."""
    return Row("exec", "", verb=(verb,), effect=WRITE, redis_too=True)
