"""The jobs that one scan of all nodes found and a selection means: compact, for a million jobs. Pure.

Of each job only its ID, two numbers and a reference are kept, at most 140 bytes: what replicas say apart from
that is the same for many jobs and is kept once (`Replicas`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from heapq import nlargest, nsmallest

from disquectl.merge.replicas import (
    BODY,
    CTIME,
    DELAY,
    DELIVERED,
    DELIVERIES,
    ID,
    NACKS,
    QUEUE,
    RETRY,
    STATE,
    TTL,
)
from disquectl.merge.states import EVIDENCE_OF, IS_ACTIVE, IS_QUEUED, Bits, evidence_of_delayed, state_of
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica
    from disquectl.spec.selection import Selection

# Into how many parts jobs are divided to be sorted by age, and how many of them show where to divide.
_PARTS = 64
_SAMPLES_PER_PART = 32


class Replicas:
    """What the replicas of a job say together; shared by all jobs for which it is the same.

    holders     the bits of the nodes with a replica; queued_at: of those that have it queued
    delivered   the bits of the nodes in nodes-delivered
    evidence    see merge.states
    is_once     whether it is delivered at most once (RETRY 0)
    """

    __slots__ = ("delivered", "deliveries", "evidence", "holders", "is_once", "nacks", "queue", "queued_at")

    def __init__(self, parts: _Parts) -> None:
        (
            self.queue,
            self.is_once,
            self.evidence,
            self.holders,
            self.queued_at,
            self.delivered,
            self.nacks,
            self.deliveries,
        ) = parts

    def state(self, missing: int) -> str:
        """The state of the job; `missing` are the bits of the nodes that did not answer."""
        return state_of(self.evidence, bool(self.delivered & missing))

    def with_replica(self, parts: _Parts) -> _Parts:
        """The parts of the same job with one replica more."""
        _, _, evidence, holder, queued_at, delivered, nacks, deliveries = parts
        return (
            self.queue,
            self.is_once,
            self.evidence | evidence,
            self.holders | holder,
            self.queued_at | queued_at,
            self.delivered | delivered,
            max(self.nacks, nacks),
            max(self.deliveries, deliveries),
        )


if TYPE_CHECKING:
    from typing import TypeAlias

    # queue, is_once, evidence, holders, queued_at, delivered, nacks, deliveries
    _Parts: TypeAlias = tuple[bytes, bool, int, int, int, int, int, int]


class SelectedJob:
    """A job that is meant: ID, replicas, state; age and what is left of its TTL in ms, when it was chosen."""

    __slots__ = ("age_ms", "job_id", "replicas", "state", "ttl_ms")

    def __init__(self, job_id: bytes, replicas: Replicas, state: str, age_ms: float, ttl_ms: float) -> None:
        self.job_id = job_id
        self.replicas = replicas
        self.state = state
        self.age_ms = age_ms
        self.ttl_ms = ttl_ms

    @property
    def queue(self) -> bytes:
        """The name of its queue."""
        return self.replicas.queue


class JobTable:
    """The jobs of one pass over all nodes that a selection may mean; after `choose`, none is added.

    Jobs that were created after `start_ms` (by our clock) are left out: a command acts on what existed.
    bits   the bit of each node, by its ID
    named  the IDs of --ids-from that nodes have
    """

    __slots__ = (
        "_clocks",
        "_ctimes",
        "_expiries",
        "_ids",
        "_jobs",
        "_replicas",
        "_selection",
        "_shared",
        "bits",
        "named",
        "start_ms",
    )

    def __init__(self, selection: Selection, clocks: Clocks, start_ms: float) -> None:
        self.bits = Bits()
        self.named: set[bytes] = set()
        self._selection = selection
        self._clocks = clocks
        self.start_ms = start_ms
        # Both arrays have the order in which the jobs came, as the dict does, and the lists that replace it:
        # these take a third of its memory.
        self._jobs: dict[bytes, Replicas] = {}
        self._ids: list[bytes] = []
        self._replicas: list[Replicas] = []
        self._ctimes = array("q")
        self._expiries = array("d")
        self._shared: dict[_Parts, Replicas] = {}

    def __len__(self) -> int:
        return len(self._jobs) or len(self._ids)

    def add(
        self, node_id: str, page: list[FlatReplica], now_ms: float, known: Container[bytes] = ()
    ) -> list[bytes]:
        """Add a page of replicas of this node, read at `now_ms` of our clock; return those that are `known`.

        Jobs that are known have been acted on before, and are not added again. Raises NotDisque.
        """
        assert not self._ids, "jobs have been chosen"
        holder = self.bits.of(node_id)
        again: list[bytes] = []
        ids = self._selection.ids
        try:
            if ids is not None:
                self.named.update(ids.intersection(replica[ID] for replica in page))
            for replica in page:
                if replica[ID] in known:
                    again.append(replica[ID])
                else:
                    self._add(replica, holder, now_ms)
        except (TypeError, IndexError, KeyError):
            raise unexpected("JSCAN", None) from None
        return again

    def _add(self, replica: FlatReplica, holder: int, now_ms: float) -> None:
        job_id: bytes = replica[ID]
        before = self._jobs.get(job_id)
        if before is None and not (
            self._existed(replica)
            and self._selection.wants_content(replica[QUEUE], job_id, replica[BODY] or b"")
        ):
            return
        evidence = EVIDENCE_OF[replica[STATE]]
        queued_at = holder if evidence == IS_QUEUED else 0
        if evidence == IS_ACTIVE and replica[DELAY]:
            evidence = evidence_of_delayed(replica, now_ms, self._clocks)
        delivered = self.bits.mask(replica[DELIVERED])
        parts: _Parts = (
            replica[QUEUE],
            not replica[RETRY],
            evidence,
            holder,
            queued_at,
            delivered,
            replica[NACKS],
            replica[DELIVERIES],
        )
        if before is None:
            self._ctimes.append(replica[CTIME])
            self._expiries.append(now_ms + replica[TTL] * 1000)
        else:
            parts = before.with_replica(parts)
        shared = self._shared.get(parts)
        if shared is None:
            shared = self._shared[parts] = Replicas(parts)
        self._jobs[job_id] = shared

    def _existed(self, replica: FlatReplica) -> bool:
        return self._clocks.created_ms(replica[ID], replica[CTIME]) <= self.start_ms

    def choose(self, states: Container[str], missing: int, now_ms: float) -> Choice:
        """Which of the jobs are meant: those with one of these states; the counts are of all states.

        `missing`: the bits of the nodes that did not answer.
        """
        if self._jobs:
            self._ids, self._replicas = list(self._jobs), list(self._jobs.values())
            self._jobs = {}
        indices = array("I")
        counts: dict[tuple[bytes, str], int] = {}
        wanted, clocks = self._selection.wants_numbers, self._clocks
        for index, (job_id, replicas) in enumerate(zip(self._ids, self._replicas, strict=True)):
            age_ms = clocks.age_ms(job_id, self._ctimes[index], now_ms)
            ttl_ms = self._expiries[index] - now_ms
            if not wanted(age_ms, ttl_ms, replicas.nacks, replicas.deliveries):
                continue
            state = replicas.state(missing)
            key = (replicas.queue, state)
            counts[key] = counts.get(key, 0) + 1
            if state in states:
                indices.append(index)
        return Choice(counts, indices, self, missing, now_ms)

    def jobs(self, indices: Iterable[int], missing: int, now_ms: float) -> Iterator[SelectedJob]:
        """The jobs with these indices."""
        for index in indices:
            job_id, replicas = self._ids[index], self._replicas[index]
            yield SelectedJob(
                job_id,
                replicas,
                replicas.state(missing),
                self._clocks.age_ms(job_id, self._ctimes[index], now_ms),
                self._expiries[index] - now_ms,
            )

    def by_age(self, indices: array[int], limit: int | None, newest: bool) -> Iterable[int]:
        """The indices, oldest jobs first or newest first; at most `limit`."""
        return by_key(indices, self._ctimes, limit, newest)


class Choice:
    """The jobs that are meant.

    counts  (queue, state) -> how many jobs pass all but the state, for all states
    """

    __slots__ = ("_indices", "_missing", "_now_ms", "_table", "counts")

    def __init__(
        self,
        counts: dict[tuple[bytes, str], int],
        indices: array[int],
        table: JobTable,
        missing: int,
        now_ms: float,
    ) -> None:
        self.counts = counts
        self._indices = indices
        self._table = table
        self._missing = missing
        self._now_ms = now_ms

    def __len__(self) -> int:
        return len(self._indices)

    def jobs(self, limit: int | None = None, *, newest: bool = False) -> Iterator[SelectedJob]:
        """The oldest jobs, or the newest, in this order; at most `limit`."""
        indices = self._table.by_age(self._indices, limit, newest)
        return self._table.jobs(indices, self._missing, self._now_ms)


def by_key(indices: array[int], keys: array[int], limit: int | None, largest: bool) -> Iterable[int]:
    """The indices, ordered by their keys; at most `limit`.

    They are divided into parts of which each is sorted when it is needed: to sort a million at once takes
    80 MB.
    """
    if limit is not None and limit < len(indices):
        few = nlargest if largest else nsmallest
        return few(limit, indices, key=keys.__getitem__)
    return _sorted_in_parts(indices, keys, largest)


def _sorted_in_parts(indices: array[int], keys: array[int], largest: bool) -> Iterator[int]:
    step = max(len(indices) // (_PARTS * _SAMPLES_PER_PART), 1)
    samples = sorted(keys[index] for index in indices[::step])
    borders = samples[_SAMPLES_PER_PART::_SAMPLES_PER_PART]
    parts = [array("I") for _ in range(len(borders) + 1)]
    for index in indices:
        parts[bisect_right(borders, keys[index])].append(index)
    for part in reversed(parts) if largest else parts:
        yield from sorted(part, key=keys.__getitem__, reverse=largest)
