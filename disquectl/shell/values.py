"""What is wrong with one word where a value of some kind must stand.

A word that is still being typed gets the benefit of the doubt. Pure.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.jobid import is_valid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.param_types import ParamType

NUMBERS = ("count", "seconds", "wait", "duration")


def value_problem(kind: ParamType, text: str, *, disques: bool, typing: bool) -> str:
    """Why the word cannot be a value of this kind, or empty.

    `disques`: in Disque's own words, where a timeout is plain milliseconds. `typing`: more may follow.
    """
    if kind.name == "id":
        return "" if typing or text == "-" or is_valid(text.encode("utf-8", "replace")) else "not a job ID"
    try:
        kind.convert(as_disquectl(kind, text) if disques else text)
    except UsageError as problem:
        if typing and _may_become(kind, text):
            return ""
        return problem.message
    return ""


def as_disquectl(kind: ParamType, text: str) -> str:
    """A value in Disque's own words as disquectl writes it: its milliseconds get their unit."""
    return f"{text}ms" if kind.name == "wait" and text.isascii() and text.isdecimal() else text


def _may_become(kind: ParamType, text: str) -> bool:
    """Whether more letters could make it right."""
    if kind.choices:
        return any(choice.startswith(text.lower()) for choice in kind.choices)
    return kind.name in NUMBERS and text.lstrip("-").rstrip("bdghkms").replace(".", "").isdecimal()
