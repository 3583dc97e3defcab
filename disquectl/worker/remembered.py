"""The IDs of recently acknowledged jobs, in bounded memory. Pure: the time is passed in."""

from __future__ import annotations

_MOST = 1_000_000


class Remembered:
    """IDs are remembered for `seconds` after they were added, some for up to twice as long.

    If more than `most` are added in that time, the older half is forgotten. Two sets take turns, so that the
    cost of adding an ID does not depend on how many there are.
    """

    def __init__(self, most: int = _MOST) -> None:
        self.seconds = 1.0
        self._most_in_a_set = most // 2
        self._new: set[str] = set()
        self._old: set[str] = set()
        self._since = 0.0

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._new or job_id in self._old

    def __len__(self) -> int:
        return len(self._new | self._old)

    def add(self, job_id: str, now: float) -> None:
        """Remember it from now on."""
        if now - self._since >= self.seconds or len(self._new) >= self._most_in_a_set:
            self._old = self._new if now - self._since < 2 * self.seconds else set()
            self._new = set()
            self._since = now
        self._new.add(job_id)
