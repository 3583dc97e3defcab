"""A histogram of latencies with bounded memory: log-spaced buckets, exact to 1.6 %. Pure.

A bucket keeps the seven highest bits of a latency in microseconds, as HdrHistogram does with more: whatever
is measured, there are at most some thousand buckets. The smallest and the largest latency are exact.
"""

from __future__ import annotations

from math import ceil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.spec.shape import Record

PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "p999": 99.9}
FIELDS = ("min", *PERCENTILES, "max")
_BITS = 7
_US_PER_SECOND = 1_000_000


class Latencies:
    """Counts latencies by bucket.

    counts  bucket, in microseconds -> how many
    """

    __slots__ = ("counts", "longest", "shortest")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.shortest: float | None = None  # seconds
        self.longest: float | None = None

    def add(self, seconds: float, count: int = 1) -> None:
        """Count a latency, `count` times."""
        us = int(seconds * _US_PER_SECOND)
        shift = us.bit_length() - _BITS
        if shift > 0:
            us = us >> shift << shift
        self.counts[us] = self.counts.get(us, 0) + count
        if self.longest is None or self.shortest is None:
            self.shortest = self.longest = seconds
        elif seconds > self.longest:
            self.longest = seconds
        elif seconds < self.shortest:
            self.shortest = seconds

    def merge(self, other: Latencies) -> None:
        """Add those of another."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        found = [one for one in (self.shortest, other.shortest) if one is not None]
        self.shortest = min(found, default=None)
        self.longest = max((one for one in (self.longest, other.longest) if one is not None), default=None)

    def record(self) -> Record:
        """min, percentiles and max in ms; None for each if nothing was counted."""
        if self.shortest is None or self.longest is None:
            return dict.fromkeys(FIELDS)
        low, high = _ms(self.shortest), _ms(self.longest)
        inner = {
            name: min(max(self._percentile(percent), low), high) for name, percent in PERCENTILES.items()
        }
        return {"min": low, **inner, "max": high}

    def _percentile(self, percent: float) -> float:
        """The bucket, in ms, up to which there are this many of all latencies."""
        rank = ceil(sum(self.counts.values()) * percent / 100)
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank <= 0:
                return bucket / 1000
        return 0.0

    def ranges(self) -> Iterator[tuple[float, float, int]]:
        """The histogram for people: from, to (in ms) and count, with no range left out in between.

        Ranges end at 1, 2, 5, 10, ... times a power of ten.
        """
        ordered = sorted(self.counts)
        at, low = 0, 0.0
        for high in _ends():
            count = 0
            while at < len(ordered) and ordered[at] < high * 1000:
                count += self.counts[ordered[at]]
                at += 1
            if count or 0 < at < len(ordered):
                yield low, high, count
            if at == len(ordered):
                return
            low = high

    def parts(self) -> list[object]:
        """What `from_parts` makes the same of; fit for JSON."""
        return [self.shortest, self.longest, list(self.counts.items())]

    @classmethod
    def from_parts(cls, parts: Iterable[object]) -> Latencies:
        """The latencies with these `parts`."""
        made = cls()
        shortest, longest, counts = parts
        made.shortest, made.longest = shortest, longest  # type: ignore[assignment]  # as `parts` gave them
        made.counts = dict(counts)  # type: ignore[call-overload]  # as above
        return made


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _ends() -> Iterator[float]:
    power = 0.01
    while True:
        for digit in (1, 2, 5):
            yield round(digit * power, 2)
        power *= 10
