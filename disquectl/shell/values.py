"""Validates one word as a value of a parameter type.

A word that is being typed is valid if more characters could make it so. Pure.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.param_types import ParamType

NUMBERS = ("count", "seconds", "wait", "duration")


def value_problem(kind: ParamType, text: str, *, native: bool, typing: bool) -> str:
    """Return why the word cannot be a value of this type, or empty.

    `native`: in Disque's notation, where a timeout is plain milliseconds. `typing`: more may follow.
    """
    if kind.name == "id":
        return "" if typing or text == "-" or is_valid(text.encode("utf-8", "replace")) else "not a job ID"
    try:
        kind.convert(as_disquectl(kind, text) if native else text)
    except UsageError as problem:
        if typing and _may_become(kind, text):
            return ""
        return problem.message
    return ""


def as_disquectl(kind: ParamType, text: str) -> str:
    """Convert a value from Disque's notation to disquectl's: plain milliseconds get their unit."""
    return f"{text}ms" if kind.name == "wait" and text.isascii() and text.isdecimal() else text


def _may_become(kind: ParamType, text: str) -> bool:
    """Whether more characters could make it valid."""
    if kind.choices:
        return any(choice.startswith(text.lower()) for choice in kind.choices)
    return kind.name in NUMBERS and text.lstrip("-").rstrip("bdghkms").replace(".", "").isdecimal()
