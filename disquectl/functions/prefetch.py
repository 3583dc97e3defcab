"""How many jobs a process takes in advance, so that functions that are quick never wait for one. Pure.

A job is not taken if it could not begin within a third of its retry time at the present pace. Disque tells
the retry time of a job only when it has been taken, and the shortest is a second: so none is taken that could
not begin within a tenth of a second, which also leaves jobs to other workers that are idle.
"""

from __future__ import annotations

_HORIZON_SECONDS = 0.1
_MOST = 400


class Prefetch:
    """The time that a function takes, from those that ended lately. It rises at once, and falls slowly."""

    def __init__(self) -> None:
        self._seconds: float | None = None

    def ended(self, count: int, seconds: float) -> None:
        """`count` functions ended, which took this long together."""
        average = seconds / count
        if self._seconds is None or average >= self._seconds:
            self._seconds = average
        else:
            self._seconds = (self._seconds + average) / 2

    def in_advance(self, concurrency: int, busy_for: float) -> int:
        """Return how many jobs may wait while `concurrency` functions run.

        `busy_for`: how long all functions have been running at least; 0 if one more could begin now.
        """
        if self._seconds is None:
            return 0
        seconds = max(self._seconds, busy_for, 1e-7)
        return min(int(concurrency * _HORIZON_SECONDS / seconds), _MOST)
