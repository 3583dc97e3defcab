"""When `getjob` in quantity stops, how many jobs it asks for next, and how long that request may wait.

Pure: times are passed in. It must not know connections or output.
"""

from __future__ import annotations

from disquectl.protocol.columns import values_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.columns import Records
    from disquectl.spec.parameters import Values

# The first request asks for this many jobs; later ones for about REPLY_BYTES of bodies, by the last reply.
FIRST_COUNT = 100
REPLY_BYTES = 1 << 20
# A request waits for a job this long and is then repeated, so that a node that has vanished is noticed. It is
# the response timeout, within these bounds.
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 1_000, 60_000


class Limits:
    """The limits of one run, by the options of `getjob`; `taken` is how many jobs have come so far.

    `follow`: wait for jobs again and again, else only for the first. `max_count`: the largest COUNT of a
    request. `now` is in seconds of a monotonic clock, here and in the methods.
    """

    __slots__ = (
        "_count",
        "_follow",
        "_idle_ms",
        "_latest",
        "_longest_wait_ms",
        "_max_count",
        "_max_jobs",
        "_waits",
        "taken",
    )

    def __init__(
        self, values: Values, *, follow: bool, max_count: int, response_timeout_ms: int, now: float
    ) -> None:
        self._follow = follow
        self._max_jobs: int | None = values.get("max_jobs") if follow else values.get("count", 1)
        self._max_count = min(values.get("count", max_count), max_count) if follow else max_count
        # --timeout 0 is no limit, as in Disque; --idle 0 takes only what is queued now.
        self._idle_ms: int | None = values.get("idle") if follow else values.get("timeout") or None
        self._waits = not values.get("nohang")
        self._longest_wait_ms = max(SHORTEST_WAIT_MS, min(response_timeout_ms, LONGEST_WAIT_MS))
        self._count = min(FIRST_COUNT, self._max_count)
        self._latest = now
        self.taken = 0

    def add(self, jobs: Records, now: float) -> None:
        """Count the jobs of a reply, and choose the next COUNT by the size of their bodies."""
        if not jobs:
            return
        self._latest = now
        self.taken += len(jobs)
        size = sum(map(len, values_of(jobs, "body"))) // len(jobs) + 1
        self._count = max(1, min(self._max_count, REPLY_BYTES // size))

    def next_count(self) -> int:
        """How many jobs the next request asks for; 0 when all are taken."""
        return self._count if self._max_jobs is None else min(self._count, self._max_jobs - self.taken)

    def next_wait_ms(self, now: float) -> int:
        """How long the next request may wait for a job, after a reply without one; 0: stop."""
        if not self._waits or (self.taken and not self._follow):
            return 0
        if self._idle_ms is None:
            return self._longest_wait_ms
        idle_so_far_ms = int((now - self._latest) * 1000)
        return max(min(self._longest_wait_ms, self._idle_ms - idle_so_far_ms), 0)
