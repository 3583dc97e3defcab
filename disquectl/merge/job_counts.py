"""Job counts by queue and state: the replicas of all nodes, merged by ID while they are read.

One number is kept for each distinct job: the evidence of its replicas, and the nodes that may have it. Pure:
the time of a page is passed in.
"""

from __future__ import annotations

from operator import itemgetter

from disquectl.merge.replicas import CTIME, DELAY, DELIVERED, ID, QUEUE, STATE
from disquectl.merge.states import (
    ALL_EVIDENCE,
    EVIDENCE_BITS,
    EVIDENCE_OF,
    IS_ACKED,
    IS_ACTIVE,
    IS_QUEUED,
    Bits,
    evidence_of_delayed,
    state_of,
)
from disquectl.protocol.shapes import unexpected
from disquectl.spec.selection import STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica


_PICK = itemgetter(ID, QUEUE, STATE, CTIME)
# The number of a job: evidence, above it the bits of its nodes, above them those of nodes that may have it.
_HOLDERS_AT = EVIDENCE_BITS
_DELIVERED_AT = EVIDENCE_BITS + 64
_HOLDERS = ((1 << 64) - 1) << _HOLDERS_AT
_NEVER_NS = 1 << 80


class _Queue:
    """The jobs of a queue by ID, and the creation time of the oldest queued one."""

    __slots__ = ("jobs", "oldest_id", "oldest_ns")

    def __init__(self) -> None:
        self.jobs: dict[bytes, int] = {}
        self.oldest_ns = _NEVER_NS
        self.oldest_id = b""


class JobCounts:
    """Counts the jobs of the queues for which `wanted` is true; None: of all."""

    __slots__ = ("_clocks", "_queues", "_wanted", "bits")

    def __init__(self, clocks: Clocks, wanted: Callable[[bytes], bool] | None = None) -> None:
        self._clocks = clocks
        self._wanted = wanted
        self.bits = Bits()
        self._queues: dict[bytes, _Queue] = {}

    def add(self, node_id: str, page: list[FlatReplica], now_ms: float) -> None:
        """Add a page of replicas of this node, read at `now_ms` of our clock. Raises NotDisque."""
        if self._wanted is not None:
            page = [replica for replica in page if self._wanted(replica[QUEUE])]
        try:
            self._add(page, self.bits.of(node_id) << _HOLDERS_AT, now_ms)
        except (TypeError, IndexError, KeyError):
            raise unexpected("JSCAN", None) from None

    def _add(self, page: list[FlatReplica], held_here: int, now_ms: float) -> None:
        queues = self._queues
        queued_here = held_here | IS_QUEUED
        for replica in page:
            job_id, name, state, made = _PICK(replica)
            queue = queues.get(name)
            if queue is None:
                queue = queues[name] = _Queue()
            if state == b"queued":
                found = queued_here
                if made < queue.oldest_ns:
                    queue.oldest_ns, queue.oldest_id = made, job_id
            else:
                found = held_here | self._found(replica, now_ms)
            before = queue.jobs.setdefault(job_id, found)
            if before is not found:
                queue.jobs[job_id] = before | found

    def _found(self, replica: FlatReplica, now_ms: float) -> int:
        evidence = EVIDENCE_OF[replica[STATE]]
        if evidence != IS_ACTIVE:
            return evidence
        if replica[DELAY]:
            evidence = evidence_of_delayed(replica, now_ms, self._clocks)
        return evidence | self.bits.mask(replica[DELIVERED]) << _DELIVERED_AT

    def queues(self) -> Iterator[bytes]:
        """The names of the queues that have jobs."""
        yield from self._queues

    def counts(self, name: bytes, missing: int = 0) -> tuple[dict[str, int], int]:
        """The number of jobs in each state, and the bits of the nodes that have one.

        `missing`: the bits of the nodes that did not answer.
        """
        total = dict.fromkeys(STATES, 0)
        holders = 0
        queue = self._queues.get(name)
        alike: dict[int, int] = {}
        for found in queue.jobs.values() if queue else ():
            alike[found] = alike.get(found, 0) + 1
        for found, count in alike.items():
            total[state_of(found & ALL_EVIDENCE, bool(found >> _DELIVERED_AT & missing))] += count
            holders |= (found & _HOLDERS) >> _HOLDERS_AT
        return total, holders

    def holders(self, name: bytes, job_id: bytes) -> int:
        """The bits of the nodes that have a replica of a job of this queue."""
        queue = self._queues.get(name)
        return ((queue.jobs.get(job_id, 0) if queue else 0) & _HOLDERS) >> _HOLDERS_AT

    def with_one_replica(self) -> Iterator[tuple[bytes, bytes]]:
        """Queue and ID of each job that has one replica, and is not acknowledged."""
        for name, queue in self._queues.items():
            for job_id, found in queue.jobs.items():
                holders = found & _HOLDERS
                if not holders & (holders - 1) and not found & IS_ACKED:
                    yield name, job_id

    def oldest(self, name: bytes) -> bytes:
        """The ID of the oldest queued job; empty if none is queued."""
        queue = self._queues.get(name)
        return queue.oldest_id if queue else b""

    def oldest_age(self, name: bytes, now_ms: float) -> int | None:
        """Seconds since the oldest queued job was created; None if none is queued."""
        queue = self._queues.get(name)
        if queue is None or queue.oldest_ns == _NEVER_NS:
            return None
        return int(self._clocks.age_ms(queue.oldest_id, queue.oldest_ns, now_ms) / 1000)
