"""Jobs over all nodes: the replicas merged by ID while they are read, and each job as one record.

Of a job, the beginning of its body and some numbers are kept; memory grows with the distinct jobs that may be
shown. Pure: times are passed in.
"""

from __future__ import annotations

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
from disquectl.merge.states import (
    DELAYED,
    EVIDENCE_OF,
    IN_FLIGHT,
    IS_ACTIVE,
    UNKNOWN,
    Bits,
    evidence_of_delayed,
    state_of,
)
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica
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
    """One job. Times are in ms of our own clock; `delivered` and `holders` are bits of nodes."""

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

    def __init__(self, replica: FlatReplica, now_ms: float, whole: bool) -> None:
        self.queue: bytes = replica[QUEUE]
        self.ctime_ns: int = replica[CTIME]
        self.retry: int = replica[RETRY]
        self.body = (replica[BODY] or b"") if whole else beginning(replica[BODY])
        self.expires_ms = now_ms + replica[TTL] * 1000
        self.requeue_ms: float | None = None
        self.evidence = self.delivered = self.holders = self.nacks = self.deliveries = 0

    def add(self, replica: FlatReplica, evidence: int, delivered: int, holder: int, now_ms: float) -> None:
        """Add a replica."""
        self.evidence |= evidence
        self.delivered |= delivered
        self.holders |= holder
        self.nacks = max(self.nacks, replica[NACKS])
        self.deliveries = max(self.deliveries, replica[DELIVERIES])
        # A replica may have one second more of TTL than the job that it was made from.
        self.expires_ms = min(self.expires_ms, now_ms + replica[TTL] * 1000)
        if replica[REQUEUE] is not None:
            due_ms = now_ms + replica[REQUEUE]
            self.requeue_ms = due_ms if self.requeue_ms is None else min(self.requeue_ms, due_ms)

    def state(self, missing: int) -> str:
        """The state of the job; `missing` are the bits of the nodes that did not answer."""
        return state_of(self.evidence, bool(self.delivered & missing))


class Jobs:
    """The jobs for whose first replica `wanted` is true; None: all. `whole`: keep whole bodies."""

    __slots__ = ("_clocks", "_wanted", "_whole", "bits", "found")

    def __init__(
        self, clocks: Clocks, wanted: Callable[[FlatReplica], bool] | None = None, whole: bool = False
    ) -> None:
        self._whole = whole
        self._clocks = clocks
        self._wanted = wanted
        self.bits = Bits()
        self.found: dict[bytes, Job] = {}

    def add(self, node_id: str, page: list[FlatReplica], now_ms: float) -> None:
        """Add a page of replicas of this node, read at `now_ms` of our clock. Raises NotDisque."""
        holder = self.bits.of(node_id)
        try:
            for replica in page:
                self._add(replica, holder, now_ms)
        except (TypeError, IndexError, KeyError):
            raise unexpected("JSCAN", None) from None

    def _add(self, replica: FlatReplica, holder: int, now_ms: float) -> None:
        job = self.found.get(replica[ID])
        if job is None:
            if self._wanted is not None and not self._wanted(replica):
                return
            job = self.found[replica[ID]] = Job(replica, now_ms, self._whole)
        evidence = EVIDENCE_OF[replica[STATE]]
        if evidence == IS_ACTIVE and replica[DELAY]:
            evidence = evidence_of_delayed(replica, now_ms, self._clocks)
        job.add(replica, evidence, self.bits.mask(replica[DELIVERED]), holder, now_ms)

    def status(self, job_id: bytes, missing: int, now_ms: float) -> tuple[str, float, float, int, int]:
        """What Selection.wants_status tests: state, age and TTL in ms, nacks, additional deliveries."""
        job = self.found[job_id]
        age_ms = self._clocks.age_ms(job_id, job.ctime_ns, now_ms)
        return job.state(missing), age_ms, job.expires_ms - now_ms, job.nacks, job.deliveries

    def record(self, job_id: bytes, missing: int, now_ms: float, names: dict[int, str]) -> Record:
        """The record of a job. `names`: bit -> node, for its holders.

        Age and TTL are in seconds, `next_requeue_within` in ms.
        """
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
        """Milliseconds until the job is queued; None for never, and in states without a return."""
        if state not in (DELAYED, IN_FLIGHT, UNKNOWN) or job.requeue_ms is None:
            return None
        if job.requeue_ms > job.expires_ms + 1000:
            return None
        return max(int(job.requeue_ms - now_ms), 0)


def beginning(body: bytes | None) -> bytes:
    """The first bytes of a body, not cut within a UTF-8 character."""
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
