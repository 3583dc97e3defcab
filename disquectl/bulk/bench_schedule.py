"""When a measurement sends its next requests: how many, and since when their latency counts. Pure.

With a rate, requests are due at fixed times. One that is sent late, because all clients wait for the cluster,
counts from when it was due; otherwise a slow cluster would hide its own slowness ("coordinated omission").
"""

from __future__ import annotations

from math import inf


class Schedule:
    """Hands out blocks of requests. Times are in seconds of a monotonic clock."""

    __slots__ = ("_begin", "_block", "_end", "_left", "_rate", "_taken")

    def __init__(
        self,
        begin: float,
        *,
        block: int,
        jobs: int | None = None,
        seconds: float | None = None,
        rate: float | None = None,
    ) -> None:
        """Blocks of `block` requests, `jobs` in all, until `seconds` are over, at most `rate` a second.

        None: without this limit.
        """
        self._begin = begin
        self._block = block
        self._left: float = inf if jobs is None else jobs
        self._end = inf if seconds is None else begin + seconds
        self._rate = rate
        self._taken = 0

    def take(self, now: float) -> tuple[int, float] | None:
        """The number of requests to send now, and since when they are due; None if none is."""
        if not self._left or now >= self._end:
            return None
        due = now
        if self._rate is not None:
            due = self._due(self._rate)
            if due > now:
                return None
        count = int(min(self._block, self._left))
        self._left -= count
        self._taken += count
        return count, due

    def give_back(self, count: int) -> None:
        """Take back requests that had no effect: others are due for them."""
        self._left += count

    def next_due(self, now: float) -> float | None:
        """When the next requests are due; None if no more are."""
        if self.is_over(now):
            return None
        return now if self._rate is None else max(self._due(self._rate), now)

    def is_over(self, now: float) -> bool:
        """Whether nothing more is to be sent."""
        return not self._left or now >= self._end

    def _due(self, rate: float) -> float:
        return self._begin + self._taken / rate
