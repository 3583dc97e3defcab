"""How long to wait before a failed job is tried again. Pure: what is random is passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """The curve: seconds before the next attempt, by how often the job has failed.

    `first` None is the curve of Sidekiq and psychiq: n^4 + 15, and up to 30 more for each failure, where n
    counts from 0; 25 retries take three weeks. Otherwise it is first * factor^n, at most `longest`, and up
    to a tenth more.
    """

    first: float | None = None
    factor: float = 2.0
    longest: float = 3600.0

    def seconds(self, failures: int, random: float) -> float:
        """After so many failures, 1 or more; `random` is from 0 to below 1."""
        n = max(failures, 1) - 1
        if self.first is None:
            return float(n**4 + 15 + random * 30 * (n + 1))
        if not self.first:
            return 0.0
        # The exponent is bounded, so that a large count is no overflow.
        wait: float = min(self.first * self.factor ** min(n, 60), self.longest)
        return wait * (1 + random / 10)
