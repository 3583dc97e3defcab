"""The kinds of words: what a queue, a duration or a count looks like, and what it becomes.

A kind turns the text that was typed into the value that a request needs, or raises UsageError with one line
that names the word. Kinds also tell completion and highlighting what a word stands for. Pure.

Limits are Disque's, of protocol/job_options.py.
"""

from __future__ import annotations

import os

from disquectl.errors import UsageError
from disquectl.protocol.job_options import MAX_SECONDS, MAX_WAIT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# More than any number here can have; Python reads numbers of some thousands of digits no more.
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
    """`name` tells completion what stands there, `metavar` tells people, `choices` are all there are.

    `meanings` explains choices, those that need it.
    """

    __slots__ = ("choices", "convert", "meanings", "metavar", "name")

    def __init__(
        self,
        name: str,
        convert: Callable[[str], Any],
        metavar: str = "",
        choices: tuple[str, ...] = (),
        meanings: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.convert = convert
        self.metavar = metavar or name.upper()
        self.choices = choices
        self.meanings = meanings or {}


def duration_ms(text: str) -> int:
    """`30` (seconds), `500ms`, `5m`, `2h`, `1d` in milliseconds."""
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
        raise UsageError(f"finer than a millisecond: {text!r}")
    return total


def whole_seconds(text: str) -> int:
    """A duration that Disque takes in seconds."""
    total = duration_ms(text)
    if total % 1000:
        raise UsageError(f"not whole seconds: {text!r}", "Disque counts it in seconds")
    if total // 1000 > MAX_SECONDS:
        raise UsageError(f"too long: {text!r}", f"Disque keeps it in 32 bits: at most {MAX_SECONDS} seconds")
    return total // 1000


def wait_milliseconds(text: str) -> int:
    """A duration that Disque takes in milliseconds: a unit is needed, but for 0."""
    if text.isdecimal() and text.strip("0"):
        raise UsageError(
            f"a unit is needed: {text!r}",
            f"Disque counts it in milliseconds: write {text}ms or {text}s",
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
    """A reader of integers from `low` to `high`."""

    def read(text: str) -> int:
        digits = text[1:] if text[:1] == "-" else text
        if not (digits.isascii() and digits.isdecimal()):
            raise UsageError(f"not a whole number: {text!r}")
        if len(digits) > MAX_DIGITS:
            raise UsageError(f"too large: {text!r}")
        number = int(text)
        if low is not None and number < low:
            raise UsageError(f"{number} is too small: at least {low}")
        if high is not None and number > high:
            raise UsageError(f"{number} is too large: at most {high}")
        return number

    return read


def seconds_float(text: str) -> str:
    """Seconds that may have a fraction, as text for the wire."""
    milliseconds = duration_ms(text)
    return f"{milliseconds / 1000:g}"


def one_of(*choices: str, meanings: dict[str, str] | None = None) -> ParamType:
    """A word out of a few, in any case; it becomes lower case."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise UsageError(f"{text!r} is none of {', '.join(choices)}")
        return text.lower()

    return ParamType("choice", read, "|".join(choices), choices, meanings)


def plain_text(text: str) -> str:
    """The word as it was typed."""
    return text


def column_names(text: str) -> list[str]:
    """Names with commas between them; blanks around a name do not count."""
    return [name.strip() for name in text.split(",")]


def without_nul(text: str) -> str:
    """The word as it was typed, where the system takes no NUL: the shell and the config file can have one."""
    if "\0" in text:
        raise UsageError(f"a NUL cannot be in it: {text!r}")
    return text


def number(low: int | None = None, high: int | None = None, metavar: str = "N") -> ParamType:
    """The kind of integers from `low` to `high`."""
    return ParamType("count", whole_number(low, high), metavar)


FLAG = ParamType("flag", bool)
QUEUE = ParamType("queue", os.fsencode)
BODY = ParamType("body", os.fsencode)
JOB_ID = ParamType("id", os.fsencode)
WORD = ParamType("word", os.fsencode)
TEXT = ParamType("text", plain_text)
COLUMNS = ParamType("text", column_names)
PROGRAM_WORD = ParamType("text", without_nul)
FILE = ParamType("file", without_nul)
FOLDER = ParamType("file", without_nul, "DIR")
NODE = ParamType("node", plain_text, "HOST:PORT")
PROFILE = ParamType("profile", plain_text, "NAME")
NODE_ID = ParamType("node_id", os.fsencode)
SECONDS = ParamType("seconds", whole_seconds, "DURATION")
WAIT = ParamType("wait", wait_milliseconds, "DURATION")
SIZE = ParamType("size", size_bytes)
DURATION = ParamType("duration", duration_ms, "DURATION")
SECONDS_FLOAT = ParamType("seconds", seconds_float, "SECONDS")
INT64 = number(-(2**63), 2**63 - 1)
