"""Jobs over all nodes: the copies merged by ID as they stream by, and each job as one record.

A job keeps the beginning of its body and some numbers; memory is that of the distinct jobs that may be shown.
Pure: times are passed in.
"""

from __future__ import annotations

from disquectl.merge.evidence import evidence_of_delayed
from disquectl.merge.replicas import (
    BODY,
    CTIME,
    DELAY,
    DELIVERED,
    DELIVERIES,
    ID,
    NACKS,
    QUEUE,
    REQUEUE,
    RETRY,
    STATE,
    TTL,
)
from disquectl.merge.states import DELAYED, EVIDENCE_OF, IN_FLIGHT, IS_ACTIVE, UNKNOWN, Bits, state_of
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import Copy
    from disquectl.protocol.shapes import Record

# One record of the command `jobs`, in this order.
JOB_FIELDS = (
    "id",
    "queue",
    "state",
    "next_requeue_within",
    "age",
    "ttl",
    "retry",
    "nacks",
    "additional_deliveries",
    "holders",
    "body",
)
BODY_BEGINNING_BYTES = 80


class Job:
    """What is kept of one job. Times of our own clock in ms; `delivered` and `holders` are bits of nodes."""

    __slots__ = (
        "body",
        "ctime_ns",
        "delivered",
        "deliveries",
        "evidence",
        "expires_ms",
        "holders",
        "nacks",
        "queue",
        "requeue_ms",
        "retry",
    )

    def __init__(self, copy: Copy, now_ms: float) -> None:
        self.queue: bytes = copy[QUEUE]
        self.ctime_ns: int = copy[CTIME]
        self.retry: int = copy[RETRY]
        self.body = beginning(copy[BODY])
        self.expires_ms = now_ms + copy[TTL] * 1000
        self.requeue_ms: float | None = None
        self.evidence = self.delivered = self.holders = self.nacks = self.deliveries = 0

    def add(self, copy: Copy, evidence: int, delivered: int, holder: int, now_ms: float) -> None:
        """One more copy."""
        self.evidence |= evidence
        self.delivered |= delivered
        self.holders |= holder
        self.nacks = max(self.nacks, copy[NACKS])
        self.deliveries = max(self.deliveries, copy[DELIVERIES])
        # A copy may have a second more left than the job it was made of.
        self.expires_ms = min(self.expires_ms, now_ms + copy[TTL] * 1000)
        if copy[REQUEUE] is not None:
            due_ms = now_ms + copy[REQUEUE]
            self.requeue_ms = due_ms if self.requeue_ms is None else min(self.requeue_ms, due_ms)

    def state(self, missing: int) -> str:
        """`missing`: the bits of the nodes that did not answer."""
        return state_of(self.evidence, bool(self.delivered & missing))


class Jobs:
    """All jobs that `wanted` lets in, which sees the first copy of a job; None: all."""

    __slots__ = ("_clocks", "_refused", "_wanted", "bits", "found")

    def __init__(self, clocks: Clocks, wanted: Callable[[Copy], bool] | None = None) -> None:
        self._clocks = clocks
        self._wanted = wanted
        self.bits = Bits()
        self.found: dict[bytes, Job] = {}

    def add(self, node_id: str, page: list[Copy], now_ms: float) -> None:
        """A page of copies that this node holds, read at `now_ms` of our clock."""
        holder = self.bits.of(node_id)
        try:
            for copy in page:
                self._add(copy, holder, now_ms)
        except (TypeError, IndexError, KeyError):
            raise unexpected("JSCAN", None) from None

    def _add(self, copy: Copy, holder: int, now_ms: float) -> None:
        job = self.found.get(copy[ID])
        if job is None:
            if self._wanted is not None and not self._wanted(copy):
                return
            job = self.found[copy[ID]] = Job(copy, now_ms)
        evidence = EVIDENCE_OF[copy[STATE]]
        if evidence == IS_ACTIVE and copy[DELAY]:
            evidence = evidence_of_delayed(copy, now_ms, self._clocks)
        job.add(copy, evidence, self.bits.mask(copy[DELIVERED]), holder, now_ms)

    def record(self, job_id: bytes, missing: int, now_ms: float, names: dict[int, str]) -> Record:
        """One job. `names`: bit -> node, for its holders. Ages and TTL in seconds, the return in ms."""
        job = self.found[job_id]
        state = job.state(missing)
        ttl = max(int((job.expires_ms - now_ms) / 1000), 0)
        return {
            "id": job_id.decode("utf-8", "backslashreplace"),
            "queue": job.queue,
            "state": state,
            "next_requeue_within": self._returns_within(job, state, now_ms),
            "age": int(self._clocks.age_ms(job_id, job.ctime_ns, now_ms) / 1000),
            "ttl": ttl,
            "retry": job.retry,
            "nacks": job.nacks,
            "additional_deliveries": job.deliveries,
            "holders": [name for bit, name in names.items() if bit & job.holders],
            "body": job.body,
        }

    def _returns_within(self, job: Job, state: str, now_ms: float) -> int | None:
        """Milliseconds until it is queued; None for never, and for what waits for no return."""
        if state not in (DELAYED, IN_FLIGHT, UNKNOWN) or job.requeue_ms is None:
            return None
        if job.requeue_ms > job.expires_ms + 1000:
            return None
        return max(int(job.requeue_ms - now_ms), 0)


def beginning(body: bytes | None) -> bytes:
    """The first bytes of a body, not cut within a character of UTF-8."""
    body = body or b""
    if len(body) <= BODY_BEGINNING_BYTES:
        return body
    cut = body[:BODY_BEGINNING_BYTES]
    for shorter in range(4):
        try:
            cut[: len(cut) - shorter].decode()
        except UnicodeDecodeError:
            continue
        return cut[: len(cut) - shorter]
    return cut
