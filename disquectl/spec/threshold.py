"""Thresholds of monitoring: ranges in the syntax of the Monitoring Plugins guidelines. Pure.

10       alert outside 0 to 10
10:      alert below 10
~:10     alert above 10
10:20    alert outside 10 to 20
@10:20   alert from 10 to 20
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import MAX_DIGITS, ParamType

_FORM = "write 10, 10:, ~:10, 10:20 or @10:20"
INFINITY = float("inf")


class Threshold:
    """A range with its `start` and `end`. `inside`: whether to alert inside it. `text`: as it was typed."""

    __slots__ = ("end", "inside", "start", "text")

    def __init__(self, text: str) -> None:
        """Raises UsageError for text that is not a range."""
        if len(text) > MAX_DIGITS:
            raise UsageError(f"too long: {text[:20]!r}...")
        self.text = text
        self.inside = text.startswith("@")
        first, colon, second = text.removeprefix("@").partition(":")
        if not colon:
            first, second = "", first
            if not second:
                raise UsageError(f"not a range: {text!r}", _FORM)
        self.start = -INFINITY if first == "~" else _number(first, text) if first else 0.0
        self.end = _number(second, text) if second else INFINITY
        if self.start > self.end:
            raise UsageError(f"not a range: {text!r}: the start is above the end")

    def alerts(self, value: float) -> bool:
        """Whether this value is to be reported."""
        return (self.start <= value <= self.end) == self.inside


def _number(word: str, text: str) -> float:
    whole, point, fraction = word.removeprefix("-").partition(".")
    if not ((whole + fraction).isdecimal() and word.isascii()) or (point and not fraction):
        raise UsageError(f"not a range: {text!r}", _FORM)
    return float(word)


THRESHOLD = ParamType("word", Threshold, "RANGE")
