"""Parameter types: each converts a typed word to the value that a request needs.

A conversion raises UsageError, with the word in its message, for a wrong word. Completion and highlighting
read from the type what a word stands for. Pure: no command, no terminal, no connection.

The limits of Disque's options are in protocol/job_options.py.
"""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.protocol.job_options import MAX_SECONDS, MAX_WAIT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    # What a word can be. An outside reader (describe) sees these names as "kind".
    TypeName = Literal[
        "assignment",
        "body",
        "choice",
        "command",
        "config",
        "count",
        "duration",
        "file",
        "flag",
        "id",
        "line",
        "node",
        "node_id",
        "profile",
        "queue",
        "seconds",
        "section",
        "size",
        "system",
        "text",
        "topic",
        "wait",
        "word",
    ]

# More digits than any number here can have. Python refuses to read numbers with thousands of digits.
MAX_DIGITS = 100
# Disque's own units of memory: k is 1000, kb is 1024.
UNIT_BYTES = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1 << 10,
    "m": 1000**2,
    "mb": 1 << 20,
    "g": 1000**3,
    "gb": 1 << 30,
}
UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class ParamType:
    """What a word stands for, and how to convert it.

    name      what a word of this type is; completion and highlighting go by it
    convert   the typed text -> the value; raises UsageError
    metavar   what usage lines and help call the value; made from `name` if not given
    choices   the words to offer; with one_of, all the words that are accepted
    meanings  choice -> what it means, for choices that need an explanation
    """

    __slots__ = ("choices", "convert", "meanings", "metavar", "name")

    def __init__(
        self,
        name: TypeName,
        convert: Callable[[str], Any],
        metavar: str = "",
        choices: tuple[str, ...] = (),
        meanings: dict[str, str] | None = None,
    ) -> None:
        self.name: TypeName = name
        self.convert = convert
        self.metavar = metavar or name.upper()
        self.choices = choices
        self.meanings = meanings or {}


def duration_ms(text: str) -> int:
    """The milliseconds of `30` (seconds), `500ms`, `5m`, `2h` or `1d`. Raises UsageError for other text."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = UNIT_MS.get(text[len(digits) :] or "s")
    whole, point, fraction = digits.partition(".")
    if unit is None or not (whole + fraction).isdecimal() or not digits.isascii() or (point and not fraction):
        raise UsageError(f"not a duration: {text!r}", "write 30 (seconds), 500ms, 5m, 2h or 1d")
    if len(digits) > MAX_DIGITS:
        raise UsageError(f"too long: {text!r}")
    parts: int = 10 ** len(fraction)
    total, finer = divmod((int(whole or "0") * parts + int(fraction or "0")) * unit, parts)
    if finer:
        raise UsageError(f"more precise than a millisecond: {text!r}")
    return total


def whole_seconds(text: str) -> int:
    """The seconds of a duration that Disque counts in seconds. Raises UsageError for fractions."""
    total = duration_ms(text)
    if total % 1000:
        raise UsageError(f"not whole seconds: {text!r}", "Disque counts this in whole seconds")
    if total // 1000 > MAX_SECONDS:
        raise UsageError(f"too long: {text!r}", f"the maximum is {MAX_SECONDS} seconds")
    return total // 1000


def wait_milliseconds(text: str) -> int:
    """The milliseconds of a duration that Disque counts in milliseconds.

    Raises UsageError for a number without a unit, except 0: it could be meant as seconds.
    """
    if text.isdecimal() and text.strip("0"):
        raise UsageError(
            f"the unit is missing: {text!r}",
            f"write {text}ms or {text}s",
        )
    total = duration_ms(text)
    if total > MAX_WAIT_MS:
        raise UsageError(f"too long: {text!r}")
    return total


def size_bytes(text: str) -> int:
    """`100` (bytes), `64kb`, `1mb` in bytes."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    unit = UNIT_BYTES.get(text[len(digits) :].lower())
    if unit is None or not (digits.isascii() and digits.isdecimal()):
        raise UsageError(f"not a size: {text!r}", "write 100 (bytes), 64kb or 1mb")
    if len(digits) > MAX_DIGITS:
        raise UsageError(f"too large: {text!r}")
    return int(digits) * unit


def whole_number(low: int | None = None, high: int | None = None) -> Callable[[str], int]:
    """A conversion to an integer from `low` to `high`; it raises UsageError for other text."""

    def read(text: str) -> int:
        digits = text[1:] if text[:1] == "-" else text
        if not (digits.isascii() and digits.isdecimal()):
            raise UsageError(f"not a whole number: {text!r}")
        if len(digits) > MAX_DIGITS:
            raise UsageError(f"too large: {text!r}")
        number = int(text)
        if low is not None and number < low:
            raise UsageError(f"{number} is too small: the minimum is {low}")
        if high is not None and number > high:
            raise UsageError(f"{number} is too large: the maximum is {high}")
        return number

    return read


def seconds_float(text: str) -> str:
    """A duration as seconds with a fraction, as text for the wire."""
    milliseconds = duration_ms(text)
    return f"{milliseconds / 1000:g}"


def one_of(*choices: str, noun: str = "word", meanings: dict[str, str] | None = None) -> ParamType:
    """The type of words from a closed list, in any case; the value is lower case.

    `noun` is what an error calls the word: "unknown state 'foo'".
    """

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise UsageError(f"unknown {noun} {text!r}", f"choose {', '.join(choices)}")
        return text.lower()

    return ParamType("choice", read, "|".join(choices), choices, meanings)


def per_second(text: str) -> int:
    """A rate: `100` or `100/s`."""
    return whole_number(1)(text.removesuffix("/s"))


def column_of(*columns: str) -> ParamType:
    """The type of the name of one of these columns."""
    column = one_of(*columns, noun="column")
    column.metavar = "COLUMN"
    return column


def plain_text(text: str) -> str:
    """The word, unchanged."""
    return text


def column_names(text: str) -> list[str]:
    """Comma-separated names, without the blanks around them."""
    return [name.strip() for name in text.split(",")]


def without_nul(text: str) -> str:
    """The word, unchanged. Raises UsageError for a NUL, which the system refuses in paths and arguments.

    The command line cannot contain one; the interactive shell and the config file can.
    """
    if "\0" in text:
        raise UsageError(f"a NUL is not allowed: {text!r}")
    return text


def file_name(text: str) -> str:
    """The word, unchanged. Raises UsageError where it can name no file: it may be an unset variable."""
    if not text:
        raise UsageError("the name is empty")
    return without_nul(text)


def number(low: int | None = None, high: int | None = None) -> ParamType:
    """The type of integers from `low` to `high`."""
    return ParamType("count", whole_number(low, high), "N")


FLAG = ParamType("flag", bool)
QUEUE = ParamType("queue", os.fsencode)
BODY = ParamType("body", os.fsencode)
JOB_ID = ParamType("id", os.fsencode)
WORD = ParamType("word", os.fsencode)
TEXT = ParamType("text", plain_text)
TIME = ParamType("text", plain_text, "TIME")
URL = ParamType("text", plain_text, "URL")
COLUMNS = ParamType("text", column_names)
PROGRAM_WORD = ParamType("text", without_nul)
FILE = ParamType("file", file_name)
FOLDER = ParamType("file", file_name, "DIR")
NODE = ParamType("node", plain_text, "HOST:PORT")
PROFILE = ParamType("profile", plain_text, "NAME")
NODE_ID = ParamType("node_id", os.fsencode)
SECONDS = ParamType("seconds", whole_seconds, "DURATION")
WAIT = ParamType("wait", wait_milliseconds, "DURATION")
RATE = ParamType("count", per_second, "N/s")
SIZE = ParamType("size", size_bytes)
DURATION = ParamType("duration", duration_ms, "DURATION")
SECONDS_FLOAT = ParamType("seconds", seconds_float, "SECONDS")
INT64 = number(-(2**63), 2**63 - 1)
