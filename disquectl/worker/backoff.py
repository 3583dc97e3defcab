"""How long to wait before a failed job is tried again. Pure: the random number is passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """The seconds before the next attempt, by how often the job has failed.

    If `first` is None, it is the formula of Sidekiq and psychiq: n^4 + 15, plus up to 30 for each failure,
    where n counts from 0; 25 retries take three weeks. Otherwise it is first * factor^n, at most `longest`,
    plus up to a tenth.
    """

    first: float | None = None
    factor: float = 2.0
    longest: float = 3600.0

    def seconds(self, failures: int, random: float) -> float:
        """Return the wait after this many failures (1 or more); `random` is from 0 to below 1."""
        n = max(failures, 1) - 1
        if self.first is None:
            return float(n**4 + 15 + random * 30 * (n + 1))
        if not self.first:
            return 0.0
        # The exponent is bounded, so that a large count does not overflow.
        wait: float = min(self.first * self.factor ** min(n, 60), self.longest)
        return wait * (1 + random / 10)
