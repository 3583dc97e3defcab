"""Counts of the jobs of many queues in bounded memory: of more than KEPT jobs, a sample is counted. Pure.

Job IDs are random, so a job is in the sample by some bits of its ID, at every node alike. The age of the
oldest queued job is exact, because every replica is looked at for it.
"""

from __future__ import annotations

from disquectl.merge.job_counts import JobCounts
from disquectl.merge.replicas import CTIME, ID, QUEUE, RETRY, STATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica

# Distinct jobs that are kept, at about 250 bytes each.
KEPT = 60_000
# Where the random part of an ID begins; each character there has six bits.
_RANDOM = 11
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}


class QueueEstimate:
    """The jobs of one queue; `is_exact` unless they are estimated from a sample.

    oldest_ms  when the oldest queued job was created, in ms since 1970 by our clock, or None
    retry      its retry time in seconds
    """

    __slots__ = ("delayed", "in_flight", "is_exact", "oldest_ms", "retry")

    def __init__(
        self, delayed: int, in_flight: int, is_exact: bool, oldest_ms: float | None, retry: int
    ) -> None:
        self.delayed = delayed
        self.in_flight = in_flight
        self.is_exact = is_exact
        self.oldest_ms = oldest_ms
        self.retry = retry


class JobEstimate:
    """The jobs of one pass over all nodes. `expected`: about how many distinct jobs there are."""

    def __init__(self, clocks: Clocks, expected: int) -> None:
        bits = 0
        while expected >> bits > KEPT and bits < 12:
            bits += 1
        self.factor = 1 << bits
        self._low = self.factor - 1
        self._clocks = clocks
        self._counts = JobCounts(clocks)
        self._oldest: dict[bytes, tuple[int, bytes, int]] = {}

    @property
    def counts(self) -> JobCounts:
        """The jobs of the sample."""
        return self._counts

    def add(self, node_id: str, page: list[FlatReplica], now_ms: float) -> list[FlatReplica]:
        """Add a page of replicas of this node, read at `now_ms` of our clock; return those in the sample.

        Raises NotDisque.
        """
        oldest = self._oldest
        for replica in page:
            if replica[STATE] == b"queued":
                found = oldest.get(replica[QUEUE])
                if found is None or replica[CTIME] < found[0]:
                    oldest[replica[QUEUE]] = (replica[CTIME], replica[ID], replica[RETRY])
        if self._low:
            page = [replica for replica in page if not self._number(replica[ID]) & self._low]
        self._counts.add(node_id, page, now_ms)
        return page

    def result(self, missing: frozenset[str] = frozenset()) -> dict[bytes, QueueEstimate]:
        """The figures of each queue that has jobs. `missing`: the IDs of nodes that did not answer."""
        bits = self._counts.bits.mask(node_id.encode() for node_id in missing)
        found: dict[bytes, QueueEstimate] = {}
        for queue in {**dict.fromkeys(self._counts.queues()), **dict.fromkeys(self._oldest)}:
            counts, _ = self._counts.counts(queue, bits)
            oldest = self._oldest.get(queue)
            found[queue] = QueueEstimate(
                counts["delayed"] * self.factor,
                (counts["in-flight"] + counts["unknown"]) * self.factor,
                self.factor == 1,
                None if oldest is None else self._clocks.created_ms(oldest[1], oldest[0]),
                0 if oldest is None else oldest[2],
            )
        return found

    def _number(self, job_id: bytes) -> int:
        first, second = job_id[_RANDOM : _RANDOM + 2]
        return _VALUE.get(first, 0) << 6 | _VALUE.get(second, 0)
