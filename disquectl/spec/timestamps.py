"""A point in time as people write it, as the delay that Disque takes. `now` is passed in."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from disquectl.errors import UsageError


def seconds_until(text: str, now: float) -> int:
    """Whole seconds from `now` (since 1970) to `2026-12-24T18:00`: local time, or with an offset or Z.

    Raises UsageError for what is no time, or is over.
    """
    try:
        at = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise UsageError(
            f"not a time: {text!r}", "write 2026-12-24T18:00, and +01:00 or Z behind it where it is not local"
        ) from None
    if "T" not in text and " " not in text:
        raise UsageError(f"no time of day: {text!r}", "write 2026-12-24T18:00")
    if at < now:
        raise UsageError(f"that is over: {text!r}")
    return ceil(at - now)
