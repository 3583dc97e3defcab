"""Groups of dead letters: how many, the oldest, the newest, and one to look at. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.shapes import Record

DAY = "day"


def grouped(letters: Iterable[Record], by: str) -> list[Record]:
    """A record for each value of this field, the largest group first; `letters` are the oldest first.

    `example` is the ID of the newest dead letter of the group.
    """
    groups: dict[str, Record] = {}
    for letter in letters:
        value = utc_day(letter["failed"]) if by == DAY else letter[by]
        # A letter of another program may have any JSON value here, a list, too.
        group = groups.setdefault(repr(value), {by: value, "count": 0, "oldest": letter["failed"]})
        group["count"] += 1
        group["newest"], group["example"] = letter["failed"], letter["id"]
    # Of groups of the same size, the one that grew last comes first.
    newest_first = sorted(groups.values(), key=lambda group: str(group["newest"]), reverse=True)
    return sorted(newest_first, key=lambda group: -group["count"])


def utc_day(failed: object) -> str | None:
    """The UTC date of a point in time, both in ISO 8601; None if it is no point in time."""
    try:
        when = datetime.fromisoformat(str(failed))
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        return when.astimezone(UTC).date().isoformat()
    except (ValueError, OverflowError):
        return None
