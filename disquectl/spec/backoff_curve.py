"""Reads the curve of a backoff: `5s,2,1h` doubles from 5 seconds to an hour. Pure."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import duration_ms


def curve(text: str) -> tuple[float, float, float]:
    """`FIRST[,FACTOR[,LONGEST]]`: two durations in seconds with a factor between them."""
    first, *more = text.split(",")
    factor, longest, *rest = (*more, *("2", "1h")[len(more) :])
    if rest or not factor.replace(".", "", 1).isdecimal() or not 1 <= float(factor) <= 100:
        raise UsageError(f"not a backoff: {text!r}", "write FIRST,FACTOR,LONGEST, such as 5s,2,1h")
    return duration_ms(first) / 1000, float(factor), duration_ms(longest) / 1000
