"""How many jobs to take at once, so that each begins soon and none has to be given back often. Pure."""

from __future__ import annotations

# The shortest retry time of Disque is a second: a job that waits a third of it can still be kept.
_SOON_SECONDS = 1 / 3
# How much the last job counts for the present pace.
_SHARE = 0.25


class BatchSize:
    """For a loop over jobs, each of which is handled before the next one."""

    def __init__(self, most: int) -> None:
        """`most`: how many jobs may be taken at once."""
        self._most = most
        self._seconds = 0.0
        # How many jobs to take one by one: the first tells the pace, and of which kind the jobs are.
        self._alone = 1

    def handled(self, seconds: float) -> None:
        """A job was handled in this time."""
        if self._alone:
            self._alone -= 1
        self._seconds += (seconds - self._seconds) * (_SHARE if self._seconds else 1)

    def cannot_wait(self) -> None:
        """Some jobs could not be kept, or not be given back: take as many one by one before trying again."""
        self._alone = self._most

    @property
    def count(self) -> int:
        """How many jobs to take now."""
        if self._alone:
            return 1
        if self._seconds * self._most <= _SOON_SECONDS:
            return self._most
        return max(int(_SOON_SECONDS / self._seconds), 1)
