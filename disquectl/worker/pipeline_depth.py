"""How many jobs may be with a --lines handler at a time: none that could not begin soon enough. Pure."""

from __future__ import annotations

from math import inf

# A job that waits in the worker begins within this share of its retry time, at the present pace.
_SHARE = 3
# The mean follows slower jobs at once, and faster ones step by step.
_SLOWER, _FASTER = 0.5, 0.05
# After so many jobs, a retry time that was seen only before no longer counts.
_JOBS_REMEMBERED = 1000


class PipelineDepth:
    """The mean time of a job, and the shortest retry time of the last jobs. `most` is --in-flight."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._mean: float | None = None
        self._retry = self._earlier_retry = inf
        self._jobs = 0

    def answered(self, seconds: float, retry: float | None) -> None:
        """A job took this long. `retry` is its retry time; inf if it is never
        delivered again, None if it is unknown.
        """
        if retry is None:
            return
        mean = seconds if self._mean is None else self._mean
        self._mean = mean + (seconds - mean) * (_SLOWER if seconds > mean else _FASTER)
        self._retry = min(self._retry, retry)
        self._jobs += 1
        if self._jobs >= _JOBS_REMEMBERED:
            self._earlier_retry, self._retry, self._jobs = self._retry, inf, 0

    def now(self, longest: float) -> int:
        """Return how many jobs a handler may have. `longest` is how long a job has run that runs now.

        One, until a job was answered.
        """
        if self._most == 1 or self._mean is None:
            return 1
        pace = max(self._mean, longest, 1e-6)
        return int(min(1 + min(self._retry, self._earlier_retry) / _SHARE / pace, self._most))
