"""The round trips of one node: how long each took, and what they add up to. Pure."""

from __future__ import annotations

from math import ceil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.shape import Record

SUMMARY_FIELDS = ("lost", "min", "median", "mean", "p99", "max")
FIELDS = ("times", *SUMMARY_FIELDS)


class RoundTrips:
    """Milliseconds of each round trip, in order; None for one without an answer."""

    def __init__(self) -> None:
        self.times: list[float | None] = []

    def add(self, seconds: float | None) -> None:
        """Add a round trip."""
        self.times.append(None if seconds is None else round(seconds * 1000, 3))

    @property
    def lost(self) -> int:
        """How many had no answer."""
        return self.times.count(None)

    def record(self) -> Record:
        """The fields of FIELDS, in ms; None for a figure of no answers."""
        answered = sorted(time for time in self.times if time is not None)
        return {
            "times": self.times,
            "lost": self.lost,
            "min": answered[0] if answered else None,
            "median": median(answered),
            "mean": round(sum(answered) / len(answered), 3) if answered else None,
            "p99": percentile(answered, 99),
            "max": answered[-1] if answered else None,
        }


def median(ordered: list[float]) -> float | None:
    """The middle, or the mean of the two in the middle; None of none."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else round((ordered[middle - 1] + ordered[middle]) / 2, 3)


def percentile(ordered: list[float], percent: float) -> float | None:
    """The smallest of the ordered values that is not below `percent` % of them; None of none."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None
