"""Which job has to be looked at when.

A heap with entries that may be out of date: whoever takes one compares it with the job.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

_SLACK = 1000


class Alarms:
    """Times in milliseconds, each with the ID of a job."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, at_ms: int, job_id: bytes) -> None:
        heappush(self._heap, (at_ms, job_id))

    def next_ms(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> tuple[int, bytes] | None:
        """The earliest entry that is due, or None."""
        if self._heap and self._heap[0][0] <= now_ms:
            return heappop(self._heap)
        return None

    def is_bloated(self, jobs: int) -> bool:
        """Whether most entries are out of date, as after many acknowledgements."""
        return len(self._heap) > 2 * jobs + _SLACK

    def rebuild(self, entries: Iterable[tuple[int, bytes]]) -> None:
        self._heap = list(entries)
        heapify(self._heap)
