"""Rate limits as token buckets: how many jobs may be taken now, and when the next may. Pure.

A bucket fills at its rate up to a tenth of a second's jobs, and at least one. Only jobs that were delivered
take tokens, so a limit holds for jobs that begin. Times are seconds on the worker's clock.
"""

from __future__ import annotations

from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_BURST_SECONDS = 0.1
# A worker that looks this late loses nothing.
_LATE_SECONDS = 0.05
# Sums of small fractions may end just below a whole number.
_ROUNDING = 1e-9


class TokenBucket:
    """Has `tokens` at first; None: a tenth of a second's jobs, and at least one."""

    def __init__(self, per_second: float, now: float, tokens: float | None = None) -> None:
        self._per_second = per_second
        self._capacity = max(1.0 + per_second * _LATE_SECONDS, per_second * _BURST_SECONDS)
        self._tokens = max(1.0, per_second * _BURST_SECONDS) if tokens is None else tokens
        self._now = now

    def tokens(self, now: float) -> float:
        """Return what is in it, for a bucket that takes its place."""
        return self._at(now)

    def available(self, now: float) -> int:
        """Return how many jobs may be taken."""
        return max(int(self._at(now) + _ROUNDING), 0)

    def take(self, count: int, now: float) -> None:
        """This many were taken; more than were available make the next wait longer."""
        self._tokens = self._at(now) - count
        self._now = max(self._now, now)

    def next_at(self, now: float) -> float:
        """Return when one may be taken: `now` if that is possible at once."""
        return now + max((1 - self._at(now)) / self._per_second, 0.0)

    def _at(self, now: float) -> float:
        return min(self._tokens + max(now - self._now, 0.0) * self._per_second, self._capacity)


class RateLimits:
    """The limits of a worker: `rates` has jobs per second by queue, and for all together (None).

    `tokens` are those of the worker that this one replaces, in the order of `rates`.
    """

    def __init__(
        self, rates: Mapping[bytes | None, float], now: float, tokens: Sequence[float] | None = None
    ) -> None:
        first = tokens if tokens is not None else [None] * len(rates)
        self._buckets = {
            queue: TokenBucket(per_second, now, some)
            for (queue, per_second), some in zip(rates.items(), first, strict=True)
        }
        self._all = self._buckets.get(None)
        self._of = {queue: bucket for queue, bucket in self._buckets.items() if queue is not None}

    def tokens(self, now: float) -> list[float]:
        """Return the tokens of each limit, for a worker that replaces this one."""
        return [bucket.tokens(now) for bucket in self._buckets.values()]

    def closed_queues(self, now: float) -> set[bytes]:
        """Return the queues of which no job may be taken now."""
        return {queue for queue, bucket in self._of.items() if not bucket.available(now)}

    def limited(self, queues: Iterable[bytes]) -> set[bytes]:
        """Return those that have a limit of their own."""
        return self._of.keys() & set(queues)

    def room(self, queues: Collection[bytes], now: float, most: int) -> int:
        """Return how many jobs a GETJOB from these queues may ask for: all could be of the same queue."""
        buckets = [self._of[queue] for queue in self.limited(queues)]
        if self._all is not None:
            buckets.append(self._all)
        return min([most, *(bucket.available(now) for bucket in buckets)])

    def take(self, queues: Iterable[bytes], now: float) -> None:
        """Jobs of these queues were delivered; a queue occurs once for each job."""
        for queue in queues:
            for bucket in (self._all, self._of.get(queue)):
                if bucket is not None:
                    bucket.take(1, now)

    def next_at(self, now: float) -> float:
        """Return when a limit next lets a job through that it holds back now; inf if none does."""
        closed = (bucket for bucket in self._buckets.values() if not bucket.available(now))
        return min((bucket.next_at(now) for bucket in closed), default=inf)
