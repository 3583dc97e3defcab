"""One node's queue: the jobs in order, the waiting clients, the counters.

Data over a sorted collection; `delivery` and `federation` have the rules.
"""

from __future__ import annotations

from disquectl.sandbox.job import Job, queue_order
from disquectl.sandbox.session import Session
from disquectl.sandbox.sortedruns import SortedRuns

IMPORT_WINDOW_MS = 5000
_SHORTEST_WINDOW_MS = 50


class Queue:
    """Jobs sorted by creation."""

    __slots__ = (
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
        self._jobs = SortedRuns(queue_order)
        # Clients in the order in which they blocked.
        self.waiting: dict[Session, None] = {}
        self.paused_in = False
        self.paused_out = False
        self.created_s = self.used_s = now_ms // 1000
        self.jobs_in = 0
        self.jobs_out = 0
        # Federation: the nodes that sent jobs (node ID -> second), and when this node last asked.
        self.sources: dict[bytes, int] = {}
        self.asked_ms = 0
        self.attempts = 0
        self.adhoc_asked_ms = 0
        self.adhoc_attempts = 0
        self.imported_now = self.imported_before = 0
        self.imported_now_ms = self.imported_before_ms = now_ms

    def __len__(self) -> int:
        return len(self._jobs)

    def insert(self, job: Job) -> None:
        self._jobs.add(job)

    def remove(self, job: Job) -> None:
        """Remove `job` from any position."""
        self._jobs.remove(job)

    def pop(self) -> Job:
        """Remove and return the oldest job; there must be one."""
        return self._jobs.pop_first()

    def peek(self, count: int) -> list[Job]:
        """Return up to `count` of the oldest jobs; if negative, of the newest, newest first."""
        return self._jobs.first(count) if count >= 0 else self._jobs.last(min(-count, len(self)))

    @property
    def pause_state(self) -> bytes:
        """`none`, `in`, `out` or `all`."""
        if self.paused_in:
            return b"all" if self.paused_out else b"in"
        return b"out" if self.paused_out else b"none"

    def count_import(self, now_ms: int) -> None:
        """Count a job from another node."""
        if now_ms - self.imported_now_ms > 1000:
            self.imported_before, self.imported_before_ms = self.imported_now, self.imported_now_ms
            self.imported_now, self.imported_now_ms = 0, now_ms
        self.imported_now += 1

    def import_rate(self, now_ms: int) -> int:
        """Return the recent rate of jobs from other nodes, per second, rounded up."""
        if now_ms - self.imported_now_ms > IMPORT_WINDOW_MS:
            return 0
        elapsed_ms = max(now_ms - self.imported_before_ms, _SHORTEST_WINDOW_MS)
        return -(-(self.imported_before + self.imported_now) * 1000 // elapsed_ms)
