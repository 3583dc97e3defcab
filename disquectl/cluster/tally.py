"""How many jobs of each queue are in which state: the copies of all nodes, merged by ID, as they stream by.

For each distinct job one number is kept, what its copies are evidence of and which nodes may hold it; bodies
and all else go. Pure: the time of a page is passed in.
"""

from __future__ import annotations

from disquectl.cluster.copies import (
    AWAKE,
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
)
from disquectl.cluster.states import (
    ALL_EVIDENCE,
    EVIDENCE_BITS,
    EVIDENCE_OF,
    IS_ACTIVE,
    IS_QUEUED,
    STATES,
    Bits,
    active_evidence,
    state_of,
)
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.cluster.clocks import Clocks
    from disquectl.cluster.copies import Copy


class Tally:
    """The jobs of queues. `wanted` says whether a queue counts; None: all do."""

    __slots__ = ("_clocks", "_oldest_ns", "_queues", "_wanted", "bits", "holders")

    def __init__(self, clocks: Clocks, wanted: Callable[[bytes], bool] | None = None) -> None:
        self._clocks = clocks
        self._wanted = wanted
        self.bits = Bits()
        # Queue -> ID -> evidence, and above it the bits of the nodes that may hold the job.
        self._queues: dict[bytes, dict[bytes, int]] = {}
        self._oldest_ns: dict[bytes, tuple[int, bytes]] = {}
        # Queue -> the bits of the nodes where a job of it was seen.
        self.holders: dict[bytes, int] = {}

    def add(self, node_id: str, page: list[Copy], now_ms: float) -> None:
        """A page of copies that this node holds, read at `now_ms` of our clock."""
        if self._wanted is not None:
            page = [copy for copy in page if self._wanted(copy[QUEUE])]
        try:
            self._add(page, now_ms)
        except (TypeError, IndexError, KeyError):
            raise unexpected("JSCAN", None) from None
        bit = self.bits.of(node_id)
        for queue in {copy[QUEUE] for copy in page}:
            self.holders[queue] = self.holders.get(queue, 0) | bit

    def _add(self, page: list[Copy], now_ms: float) -> None:
        queues = self._queues
        mask = self.bits.mask
        for copy in page:
            queue = copy[QUEUE]
            jobs = queues.get(queue)
            if jobs is None:
                jobs = queues[queue] = {}
            job_id = copy[ID]
            evidence = EVIDENCE_OF[copy[STATE]]
            if evidence == IS_QUEUED:
                made = copy[CTIME]
                oldest = self._oldest_ns.get(queue)
                if oldest is None or made < oldest[0]:
                    self._oldest_ns[queue] = (made, job_id)
            elif evidence == IS_ACTIVE:
                if copy[DELAY]:
                    evidence = self._of_delayed(copy, now_ms)
                evidence |= mask(copy[DELIVERED]) << EVIDENCE_BITS
            jobs[job_id] = jobs.get(job_id, 0) | evidence

    def _of_delayed(self, copy: Copy, now_ms: float) -> int:
        maker_ms = now_ms + self._clocks.of_maker(copy[ID])
        return active_evidence(
            copy[CTIME] / 1_000_000 + copy[DELAY] * 1000 - maker_ms,
            copy[RETRY],
            copy[NACKS] + copy[DELIVERIES],
            copy[REQUEUE],
            copy[AWAKE],
        )

    def queues(self) -> Iterator[bytes]:
        """The queues that have jobs."""
        yield from self._queues

    def counts(self, queue: bytes, missing: int = 0) -> dict[str, int]:
        """How many jobs are in each state. `missing`: the bits of the nodes that did not answer."""
        total = dict.fromkeys(STATES, 0)
        alike: dict[int, int] = {}
        for found in self._queues.get(queue, {}).values():
            alike[found] = alike.get(found, 0) + 1
        for found, count in alike.items():
            total[state_of(found & ALL_EVIDENCE, bool(found >> EVIDENCE_BITS & missing))] += count
        return total

    def oldest_age(self, queue: bytes, now_ms: float) -> int | None:
        """Seconds since the oldest queued job was made; None where none is queued."""
        oldest = self._oldest_ns.get(queue)
        if oldest is None:
            return None
        return int(self._clocks.age_ms(oldest[1], oldest[0], now_ms) / 1000)
