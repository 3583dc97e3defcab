"""Timers of jobs: when each job has to be processed next."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

_SLACK = 1000


class Alarms:
    """Times in milliseconds, each with the IDs of the jobs due then."""

    __slots__ = ("_due", "_times")

    def __init__(self) -> None:
        self._due: dict[int, dict[bytes, None]] = {}
        # A heap of the keys of `_due`; may contain keys that were removed from it.
        self._times: list[int] = []

    def __len__(self) -> int:
        """How many times are kept, including those whose jobs were removed."""
        return len(self._times)

    def add(self, at_ms: int, job_id: bytes) -> None:
        due = self._due.get(at_ms)
        if due is None:
            due = self._due[at_ms] = {}
            heappush(self._times, at_ms)
        due[job_id] = None

    def remove(self, at_ms: int, job_id: bytes) -> None:
        """Forget an entry, if it is there."""
        due = self._due.get(at_ms)
        if due is None:
            return
        due.pop(job_id, None)
        if not due:
            del self._due[at_ms]
            if len(self._times) > 2 * len(self._due) + _SLACK:
                self._times = list(self._due)
                heapify(self._times)

    def next_ms(self) -> int | None:
        """Return the earliest time at which a job is due, or None."""
        while self._times and self._times[0] not in self._due:
            heappop(self._times)
        return self._times[0] if self._times else None

    def pop_due(self, now_ms: int) -> tuple[int, bytes] | None:
        """Remove and return a due entry of the earliest time, or None."""
        at_ms = self.next_ms()
        if at_ms is None or at_ms > now_ms:
            return None
        due = self._due[at_ms]
        job_id, _ = due.popitem()
        if not due:
            del self._due[at_ms]
        return at_ms, job_id
