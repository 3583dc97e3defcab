"""Timestamps as people write them, and as files have them. Pure: `now` is passed in."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from disquectl.errors import UsageError

_KEPT_SECONDS = 10_000
_WITH_MS = len("2026-07-29T10:00:03.250Z")


def seconds_until(text: str, now: float) -> int:
    """Whole seconds from `now` (since 1970) to `2026-12-24T18:00`: local time, or with an offset or Z.

    Raises UsageError for text that is not a time, and for a time in the past.
    """
    try:
        at = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise UsageError(
            f"not a time: {text!r}",
            "write 2026-12-24T18:00 for local time; add Z or an offset such as +01:00",
        ) from None
    if "T" not in text and " " not in text:
        raise UsageError(f"the time of day is missing: {text!r}", "write 2026-12-24T18:00")
    if at < now:
        raise UsageError(f"in the past: {text!r}")
    return ceil(at - now)


def unix_seconds(text: object) -> float:
    """Seconds since 1970 of a point in time as in ISO 8601; UTC, unless it has an offset.

    Raises UsageError for anything else.
    """
    try:
        at = datetime.fromisoformat(text)  # type: ignore[arg-type]  # TypeError if it is not text
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"not a time: {text!r}", "write 2026-12-24T18:00:00Z") from None


class Times(dict[str, float]):
    """Reads many points in time as `dump` writes them: each second is parsed once."""

    def __missing__(self, text: str) -> float:
        if len(self) >= _KEPT_SECONDS:
            self.clear()
        found = self[text] = unix_seconds(f"{text}Z")
        return found

    def read(self, text: object) -> float:
        """The same as unix_seconds."""
        if type(text) is str and len(text) == _WITH_MS and text[19] == "." and text[23] == "Z":
            ms = text[20:23]
            if ms.isascii() and ms.isdigit():
                return self[text[:19]] + int(ms) / 1000
        return unix_seconds(text)
