"""One node's queue: the jobs in order, the waiting clients, the counters.

Plain data over a sorted list; the rules of delivery and federation are elsewhere.
"""

from __future__ import annotations

from bisect import bisect_left

from disquectl.sandbox.job import Job, queue_order
from disquectl.sandbox.session import Session

IMPORT_WINDOW_MS = 5000
_SHORTEST_WINDOW_MS = 50
_TRIM_AT = 512


class Queue:
    """Jobs sorted by creation. `jobs[first:]` are those still queued: taking the oldest moves nothing."""

    __slots__ = (
        "_first",
        "_jobs",
        "adhoc_asked_ms",
        "adhoc_attempts",
        "asked_ms",
        "attempts",
        "created_s",
        "imported_before",
        "imported_before_ms",
        "imported_now",
        "imported_now_ms",
        "jobs_in",
        "jobs_out",
        "name",
        "paused_in",
        "paused_out",
        "serial",
        "sources",
        "used_s",
        "waiting",
    )

    def __init__(self, name: bytes, serial: int, now_ms: int) -> None:
        self.name = name
        self.serial = serial
        self._jobs: list[Job] = []
        self._first = 0
        # Clients in the order in which they blocked.
        self.waiting: dict[Session, None] = {}
        self.paused_in = False
        self.paused_out = False
        self.created_s = self.used_s = now_ms // 1000
        self.jobs_in = 0
        self.jobs_out = 0
        # Federation: whom this node got jobs from (node ID -> second), and when it last asked.
        self.sources: dict[bytes, int] = {}
        self.asked_ms = 0
        self.attempts = 0
        self.adhoc_asked_ms = 0
        self.adhoc_attempts = 0
        self.imported_now = self.imported_before = 0
        self.imported_now_ms = self.imported_before_ms = now_ms

    def __len__(self) -> int:
        return len(self._jobs) - self._first

    def insert(self, job: Job) -> None:
        jobs = self._jobs
        if not jobs or queue_order(jobs[-1]) < queue_order(job):
            jobs.append(job)
        else:
            jobs.insert(bisect_left(jobs, queue_order(job), self._first, key=queue_order), job)

    def remove(self, job: Job) -> None:
        """Take `job` out, wherever it stands."""
        at = bisect_left(self._jobs, queue_order(job), self._first, key=queue_order)
        del self._jobs[at]

    def pop(self) -> Job:
        """Take the oldest job; there must be one."""
        job = self._jobs[self._first]
        self._first += 1
        if self._first == len(self._jobs):
            self._jobs.clear()
            self._first = 0
        elif self._first >= _TRIM_AT and self._first * 2 > len(self._jobs):
            del self._jobs[: self._first]
            self._first = 0
        return job

    def peek(self, count: int) -> list[Job]:
        """Up to `count` of the oldest jobs; of the newest, newest first, when it is negative."""
        if count >= 0:
            return self._jobs[self._first : self._first + count]
        start = max(len(self._jobs) + count, self._first)
        return self._jobs[start:][::-1]

    @property
    def pause_state(self) -> bytes:
        """`none`, `in`, `out` or `all`."""
        if self.paused_in:
            return b"all" if self.paused_out else b"in"
        return b"out" if self.paused_out else b"none"

    def count_import(self, now_ms: int) -> None:
        """A job came from another node."""
        if now_ms - self.imported_now_ms > 1000:
            self.imported_before, self.imported_before_ms = self.imported_now, self.imported_now_ms
            self.imported_now, self.imported_now_ms = 0, now_ms
        self.imported_now += 1

    def import_rate(self, now_ms: int) -> int:
        """About how many jobs a second came from other nodes lately; rounded up."""
        if now_ms - self.imported_now_ms > IMPORT_WINDOW_MS:
            return 0
        elapsed_ms = max(now_ms - self.imported_before_ms, _SHORTEST_WINDOW_MS)
        return -(-(self.imported_before + self.imported_now) * 1000 // elapsed_ms)
