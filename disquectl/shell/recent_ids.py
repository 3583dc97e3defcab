"""The job IDs of recent replies, newest first, each with its queue. Pure."""

from __future__ import annotations

from disquectl.protocol.jobid import is_valid

LIMIT = 1_000


class RecentIds:
    """At most LIMIT IDs; the oldest are dropped."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[str, bytes] = {}

    def add(self, job_id: str, queue: bytes) -> None:
        """Record a job that was shown; an empty queue does not replace a known one."""
        if not is_valid(job_id.encode("utf-8", "replace")):
            return
        known = self._queues.pop(job_id, b"")
        self._queues[job_id] = queue or known
        if len(self._queues) > LIMIT:
            del self._queues[next(iter(self._queues))]

    def newest_first(self) -> list[tuple[str, bytes]]:
        """Return IDs with their queues (empty if unknown)."""
        return list(reversed(self._queues.items()))
