"""Jobs that may be in trouble: found in a scan of all nodes, and confirmed by a second look at each. Pure.

While a scan runs, jobs are acknowledged and move between nodes: one that seems to have lost a replica may
just be done. So a scan only yields suspects, and SHOW at all nodes decides.

    FAILING   it came back to its queue again and again
    ENDING    its TTL is nearly over
    ALONE     one node has it, and it may be delivered more than once
    UNLISTED  only nodes have it that are not in its nodes-delivered, and those that are do not know it
"""

from __future__ import annotations

from itertools import islice

from disquectl.merge.replicas import CTIME, DELIVERED, DELIVERIES, ID, NACKS, QUEUE, STATE, TTL
from disquectl.protocol.jobid import is_at_most_once
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.job_counts import JobCounts
    from disquectl.merge.replicas import FlatReplica

    Kind = Literal["failing", "ending", "alone", "unlisted"]

KINDS: tuple[Kind, ...] = ("failing", "ending", "alone", "unlisted")
FAILING, ENDING, ALONE, UNLISTED = KINDS
# Returns from which a job counts as failing; the default of `work` is to give up after 25.
MANY_RETURNS = 10
# A TTL is nearly over when this part of it is left.
_LAST_PART = 10
# A job this young may still be on its way to its replicas.
_YOUNG_SECONDS = 5
# How many suspects of a kind are kept, and how many of them are looked at again.
_KEPT, LOOKED_AT = 100_000, 100


class JobFact:
    """A job for which a suspicion was confirmed.

    returns   nacks and additional deliveries
    age, ttl  seconds since it was created, and until it expires
    holders   the IDs of the nodes that have it; listed: those in the lists of its replicas
    """

    __slots__ = ("age", "holders", "job_id", "listed", "queue", "returns", "ttl")

    def __init__(self, replicas: Mapping[str, FlatReplica], clocks: Clocks, now_ms: float) -> None:
        """`replicas`: node ID -> the replica there; at least one."""
        some = next(iter(replicas.values()))
        self.job_id: bytes = some[ID]
        self.queue: bytes = some[QUEUE]
        self.holders = frozenset(replicas)
        self.listed = frozenset(name.decode() for one in replicas.values() for name in one[DELIVERED])
        self.returns: int = max(one[NACKS] + one[DELIVERIES] for one in replicas.values())
        self.ttl: int = min(one[TTL] for one in replicas.values())
        self.age = clocks.age_ms(self.job_id, some[CTIME], now_ms) / 1000

    def is_of(self, kind: Kind) -> bool:
        """Whether the suspicion is confirmed."""
        if kind == FAILING:
            return self.returns >= MANY_RETURNS
        if kind == ENDING:
            return self.ttl * (_LAST_PART - 1) < self.age
        if self.age < _YOUNG_SECONDS:
            return False
        if kind == ALONE:
            return len(self.holders) == 1
        return not self.holders & self.listed


class Suspicion:
    """The jobs of which one thing is suspected.

    confirmed  those for which it was confirmed; at most LOOKED_AT were looked at again
    suspects   how many there were in the scan; looked_at: how many of them were looked at again
    """

    __slots__ = ("confirmed", "looked_at", "suspects")

    def __init__(self, confirmed: list[JobFact], suspects: int, looked_at: int | None = None) -> None:
        """`looked_at`: without it, as many as may be."""
        self.confirmed = confirmed
        self.suspects = suspects
        self.looked_at = min(suspects, LOOKED_AT) if looked_at is None else looked_at

    @property
    def count(self) -> int:
        """How many jobs these are: of the suspects as many in a hundred as of those that were looked at."""
        if not self.looked_at:
            return 0
        return max(self.suspects * len(self.confirmed) // self.looked_at, len(self.confirmed))


class Suspects:
    """The suspects of a scan, by kind: job ID -> queue.

    factor  of this many jobs, one was looked at to find its replicas
    """

    __slots__ = ("_clocks", "_found", "_lists", "factor")

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._found: dict[Kind, dict[bytes, bytes]] = {kind: {} for kind in KINDS}
        self._lists: dict[bytes, list[bytes]] = {}  # of an unlisted replica: its nodes-delivered
        self.factor = 1

    def add(
        self, node_id: str, page: list[FlatReplica], now_ms: float, sample: list[FlatReplica] | None = None
    ) -> None:
        """Add a page of replicas of this node, read at `now_ms` of our clock. Raises NotDisque.

        `sample`: those of the page of which the places of replicas are compared; None: all.
        """
        here = node_id.encode()
        # Whichever node created a job, it is not older than this says.
        now_ns = (now_ms + self._clocks.most_ahead_ms) * 1_000_000
        part = (_LAST_PART - 1) * 1_000_000_000
        try:
            for replica in page:
                if replica[NACKS] + replica[DELIVERIES] >= MANY_RETURNS:
                    self._keep(FAILING, replica)
                if replica[TTL] * part < now_ns - replica[CTIME]:
                    self._keep(ENDING, replica)
            for replica in page if sample is None else sample:
                if here not in replica[DELIVERED]:
                    self._keep(UNLISTED, replica)
                    self._lists[replica[ID]] = replica[DELIVERED]
        except TypeError:
            raise unexpected("JSCAN", None) from None

    def _keep(self, kind: Kind, replica: FlatReplica) -> None:
        kept = self._found[kind]
        if len(kept) < _KEPT and replica[STATE] != b"acked":
            kept[replica[ID]] = replica[QUEUE]

    def complete(self, counts: JobCounts, nodes: int) -> None:
        """After the scan: add the jobs with one replica, and drop those with a replica that is listed.

        `nodes`: how many nodes answered. Of one node, each job has one replica.
        """
        mask, holders = counts.bits.mask, counts.holders
        self._found[UNLISTED] = {
            job_id: queue
            for job_id, queue in self._found[UNLISTED].items()
            if not holders(queue, job_id) & mask(self._lists[job_id])
        }
        if nodes > 1:
            alone = (
                (job_id, queue)
                for queue, job_id in counts.with_one_replica()
                if not is_at_most_once(job_id) and job_id not in self._found[UNLISTED]
            )
            self._found[ALONE] = dict(islice(alone, _KEPT))

    def to_look_at(self) -> list[bytes]:
        """The IDs to look at again, each once."""
        some = (islice(kept, LOOKED_AT) for kept in self._found.values())
        return list(dict.fromkeys(job_id for kept in some for job_id in kept))

    def confirmed(
        self, looks: Mapping[bytes, Mapping[str, FlatReplica]], now_ms: float
    ) -> dict[Kind, Suspicion]:
        """What is left of the suspicions after the second look.

        `looks`: job ID -> node ID -> its replica, as SHOW returned it.
        """
        facts = {
            job_id: JobFact(replicas, self._clocks, now_ms)
            for job_id, replicas in looks.items()
            if replicas and not any(one[STATE] == b"acked" for one in replicas.values())
        }
        return {
            kind: Suspicion(
                [facts[job_id] for job_id in kept if job_id in facts and facts[job_id].is_of(kind)],
                len(kept) * (self.factor if kind in (ALONE, UNLISTED) else 1),
                min(len(kept), LOOKED_AT),
            )
            for kind, kept in self._found.items()
        }
