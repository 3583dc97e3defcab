"""Reads whole jobs from all nodes, each once, as they come: for a dump.

A job that a node has queued is handed out at once; of the others only the IDs are kept until the scan has
ended, and then all nodes are asked for their replicas. Further passes scan for IDs alone, until one finds
nothing new. Memory is about 20 bytes for each job, and 150 more for one that is queued at no node yet.
"""

from __future__ import annotations

from itertools import compress, groupby
from operator import itemgetter

from disquectl.errors import ReplyError
from disquectl.fanout.ask import Refusals, missing_bits
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.page_size import (
    FIRST_PER_PAGE,
    MOST_PER_PAGE,
    PAGE_BYTES,
    PageSize,
    batches_to_show,
)
from disquectl.fanout.scan_all import TIME, ClusterScan, NoGarbageCollection, now_ms
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
    STATE,
    TTL,
    ordered,
    page_of,
)
from disquectl.merge.states import (
    EVIDENCE_OF,
    IS_ACTIVE,
    QUEUED,
    Bits,
    evidence_of_delayed,
    state_of,
)
from disquectl.protocol.dedup import Deduplicator
from disquectl.protocol.replies import next_cursor
from disquectl.protocol.server_replies import server_time
from disquectl.protocol.shapes import array, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply
    from disquectl.spec.selection import Selection

# The most scans of all nodes.
PASSES = 5


class WholeJobs:
    """Replicas with the states of their jobs, the node that sent them, and its time when it did."""

    __slots__ = ("node_id", "node_ms", "replicas", "states")

    def __init__(self, replicas: list[FlatReplica], states: list[str], node_ms: float, node_id: str) -> None:
        self.replicas = replicas
        self.states = states
        self.node_ms = node_ms
        self.node_id = node_id


class WholeJobsScan:
    """All passes over the nodes. `seen`: how many replicas were looked at, for the progress."""

    def __init__(self, cluster: Cluster, selection: Selection, states: frozenset[str]) -> None:
        """Only jobs in one of these states, that existed when `connect` was called."""
        self.cluster = cluster
        self.seen = 0
        self._selection = selection
        self._states = states
        self._start_ms = 0.0
        self._bits = Bits()
        self._scan = ClusterScan(cluster)
        self._settled = Deduplicator()
        # Most pages of a further pass have the same jobs as one of the first, if they have the same size.
        self._known_pages: set[int] = set()
        self._counts: dict[tuple[NodeConnection, int], int] = {}
        self._pending: dict[bytes, int] = {}  # the size of the body of each

    @property
    def refusals(self) -> Refusals:
        """The nodes that refused something."""
        return self._scan.refusals

    @property
    def clocks(self) -> Clocks:
        """How far the nodes' clocks are ahead of ours."""
        return self._scan.clocks

    def connect(self) -> None:
        """Connect to all nodes, look at their clocks, and find out what QUEUE words are."""
        # A replica tells when its job was created by the clock of another node: all clocks come first.
        for _ in self._scan.run(scan_queues=False, scan_jobs=False):
            pass
        # Only now, so that what was measured of a clock is off by less than has passed.
        self._start_ms = now_ms()
        settle_queues(self.cluster, self._selection.queues, self.refusals)

    def run(self) -> Iterator[WholeJobs]:
        """The jobs. Raises NotDisque."""
        return _checked(self._passes())

    def _passes(self) -> Iterator[WholeJobs]:
        with NoGarbageCollection():
            yield from self._first_pass()
            for _ in range(PASSES - 1):
                found = False
                for jobs in self._further_pass():
                    found = True
                    yield jobs
                if not found:
                    return

    def _first_pass(self) -> Iterator[WholeJobs]:
        """A scan of whole replicas; then all replicas of the jobs that no node has queued so far."""
        is_lone = self._is_lone()
        for connection, node_ms, replicas in self._replica_pages(PageSize()):
            self.seen += len(replicas)
            self._known_pages.add(_key([replica[ID] for replica in replicas]))
            jobs = self._of_page(connection, node_ms, replicas, is_lone)
            if jobs.replicas:
                yield jobs
        yield from self._shown(self._pending)
        self._pending = {}

    def _further_pass(self) -> Iterator[WholeJobs]:
        """Jobs with IDs that were not seen before."""
        new: dict[bytes, int] = {}
        for ids in self._id_pages():
            if (key := _key(ids)) in self._known_pages:
                continue
            self._known_pages.add(key)
            new.update((job_id, PAGE_BYTES // 16) for job_id in compress(ids, self._settled.new(ids)))
        yield from self._shown(new)

    def _is_lone(self) -> bool:
        """Whether there is one node, so that a replica is all there is of its job."""
        links = self.cluster.links()
        if len(links) != 1 or self.cluster.missing() or links[0].greeting is None:
            return False
        return len(links[0].greeting["nodes"]) == 1

    def _replica_pages(self, sizes: PageSize) -> Iterator[tuple[NodeConnection, float, list[FlatReplica]]]:
        """Each page of replicas, and the clock of its node when it was made."""
        held: dict[NodeConnection, tuple[list[FlatReplica], int]] = {}
        for connection, request, reply in self.cluster.ask(*self._page(0, FIRST_PER_PAGE, b"all"), TIME):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
            elif request[0] == b"JSCAN":
                cursor, replicas = page_of(reply)
                sizes.note(replicas)
                held[connection] = replicas, cursor
            elif (page := held.pop(connection, None)) is not None:
                replicas, cursor = page
                if cursor:
                    self._counts[connection, cursor] = sizes.count
                    connection.ask([*self._page(cursor, sizes.count, b"all"), TIME])
                yield connection, _unix_ms(reply), replicas

    def _id_pages(self) -> Iterator[list[bytes]]:
        """Each page of IDs, of the same size as the page of replicas at this cursor."""
        for connection, request, reply in self.cluster.ask(*self._page(0, FIRST_PER_PAGE, b"id")):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
                continue
            if cursor := next_cursor(reply, "JSCAN"):
                count = self._counts.get((connection, cursor), MOST_PER_PAGE)
                connection.ask(self._page(cursor, count, b"id"))
            yield _ids(reply)

    def _page(self, cursor: int, count: int, form: bytes) -> list[list[bytes]]:
        queue = self._selection.only_queue
        options = [b"QUEUE", queue] if queue is not None else []
        return [[b"JSCAN", b"%d" % cursor, b"COUNT", b"%d" % count, b"REPLY", form, *options]]

    def _of_page(
        self, connection: NodeConnection, node_ms: float, page: list[FlatReplica], is_lone: bool
    ) -> WholeJobs:
        """The jobs of a page that can be handed out now; the IDs of the others are kept."""
        if is_lone:
            ids = [replica[ID] for replica in page]
            new = list(compress(page, self._settled.new(ids)))
            if all(replica[STATE] == b"queued" for replica in new):
                states = [QUEUED] * len(new)
            else:
                here_ms = node_ms - self.clocks.ahead_of(connection.node_id)
                states = [self._state_of_lone(replica, here_ms) for replica in new]
            return self._wanted(connection, node_ms, new, states)
        queued: list[FlatReplica] = []
        for replica in page:
            job_id: bytes = replica[ID]
            if job_id in self._pending:
                if replica[STATE] == b"queued":
                    del self._pending[job_id]
                    self._settled.new((job_id,))
                    queued.append(replica)
            elif job_id not in self._settled:
                if not self._may_be_meant(replica):
                    self._settled.new((job_id,))
                elif replica[STATE] == b"queued":
                    self._settled.new((job_id,))
                    queued.append(replica)
                else:
                    self._pending[job_id] = len(replica[BODY] or b"")
        return self._wanted(connection, node_ms, queued, [QUEUED] * len(queued))

    def _state_of_lone(self, replica: FlatReplica, here_ms: float) -> str:
        if replica[STATE] == b"queued":
            return QUEUED
        return state_of(self._evidence(replica, here_ms))

    def _evidence(self, replica: FlatReplica, here_ms: float) -> int:
        evidence = EVIDENCE_OF[replica[STATE]]
        if evidence == IS_ACTIVE and replica[DELAY]:
            return evidence_of_delayed(replica, here_ms, self.clocks)
        return evidence

    def _may_be_meant(self, replica: FlatReplica) -> bool:
        """Whether the job existed at the start, and the selection may mean it, by what replicas agree in."""
        job_id: bytes = replica[ID]
        return self.clocks.created_ms(job_id, replica[CTIME]) <= self._start_ms and (
            self._selection.wants_content(replica[QUEUE], job_id, replica[BODY] or b"")
        )

    def _wanted(
        self, connection: NodeConnection, node_ms: float, replicas: list[FlatReplica], states: list[str]
    ) -> WholeJobs:
        """Those that are meant."""
        if not (self._are_all_meant(replicas) and self._states.issuperset(states)):
            here_ms = node_ms - self.clocks.ahead_of(connection.node_id)
            choice = [
                state in self._states
                and self._may_be_meant(replica)
                and self._selection.wants_numbers(
                    self.clocks.age_ms(replica[ID], replica[CTIME], here_ms),
                    replica[TTL] * 1000,
                    replica[NACKS],
                    replica[DELIVERIES],
                )
                for replica, state in zip(replicas, states, strict=True)
            ]
            replicas, states = list(compress(replicas, choice)), list(compress(states, choice))
        return WholeJobs(replicas, states, node_ms, connection.node_id)

    def _are_all_meant(self, replicas: list[FlatReplica]) -> bool:
        """Whether that is plain without a look at each: nothing selects, and all existed at the start."""
        if self._selection.selects or not replicas:
            return not replicas
        newest: int = max(map(itemgetter(CTIME), replicas))
        return newest / 1_000_000 - self.clocks.least_ahead_ms <= self._start_ms

    def _shown(self, sizes: dict[bytes, int]) -> Iterator[WholeJobs]:
        """The jobs with these IDs, by the replicas that all nodes have now. `sizes`: of their bodies."""
        for job_ids in batches_to_show(sizes):
            self._settled.new(job_ids)
            yield from self._show(job_ids)

    def in_order(self, job_ids: list[bytes]) -> Iterator[WholeJobs]:
        """Those of these jobs that are meant, in this order. Raises NotDisque."""
        return _checked(self._show(job_ids, in_order=True))

    def _show(self, job_ids: list[bytes], *, in_order: bool = False) -> Iterator[WholeJobs]:
        """Those of these jobs that are meant, node by node, or with `in_order` in the order of the IDs."""
        replicas: dict[bytes, list[tuple[NodeConnection, FlatReplica]]] = {}
        times: dict[NodeConnection, float] = {}
        for connection, request, reply in self.cluster.ask(*([b"SHOW", one] for one in job_ids), TIME):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
            elif request[0] == b"TIME":
                times[connection] = _unix_ms(reply)
            elif reply is not None:
                replica = ordered(reply)
                replicas.setdefault(replica[ID], []).append((connection, replica))
        missing = missing_bits(self.cluster, self._bits)
        merged: list[tuple[NodeConnection, FlatReplica, str]] = []
        for job_id in job_ids:
            if found := [pair for pair in replicas.get(job_id, ()) if pair[0] in times]:
                merged.append(self._merged(found, times, missing))
        if not in_order:
            merged.sort(key=lambda one: one[0].name)
        for connection, group in groupby(merged, key=itemgetter(0)):
            _, some, states = zip(*group, strict=True)
            jobs = self._wanted(connection, times[connection], list(some), list(states))
            if jobs.replicas:
                yield jobs

    def _merged(
        self,
        found: list[tuple[NodeConnection, FlatReplica]],
        times: dict[NodeConnection, float],
        missing: int,
    ) -> tuple[NodeConnection, FlatReplica, str]:
        """One replica for all of a job, the node that it comes from, and the state of the job."""
        evidence = delivered = 0
        for connection, replica in found:
            here_ms = times[connection] - self.clocks.ahead_of(connection.node_id)
            evidence |= self._evidence(replica, here_ms)
            delivered |= self._bits.mask(replica[DELIVERED])
        # The node that created the job has its exact TTL.
        connection, replica = min(found, key=lambda pair: (not _is_maker(*pair), pair[1][TTL]))
        replica[NACKS] = max(one[NACKS] for _, one in found)
        replica[DELIVERIES] = max(one[DELIVERIES] for _, one in found)
        returns = [one[REQUEUE] for _, one in found if one[REQUEUE] is not None]
        replica[REQUEUE] = min(returns, default=None)
        return connection, replica, state_of(evidence, bool(delivered & missing))


def _checked(jobs: Iterator[WholeJobs]) -> Iterator[WholeJobs]:
    """The same; replies of another form than Disque's raise NotDisque."""
    try:
        yield from jobs
    except (TypeError, IndexError, KeyError):
        raise unexpected("JSCAN", None) from None


def _is_maker(connection: NodeConnection, replica: FlatReplica) -> bool:
    job_id: bytes = replica[ID]
    return connection.node_id.encode().startswith(job_id[2:10])


def _unix_ms(reply: Reply) -> float:
    record = server_time(reply)
    milliseconds: float = record["seconds"] * 1000 + record["microseconds"] / 1000
    return milliseconds


def _key(ids: list[bytes]) -> int:
    """A number that no other list of IDs has, but for a chance in millions of millions."""
    return hash(b"".join(ids))


def _ids(reply: Reply) -> list[bytes]:
    ids = array("JSCAN", array("JSCAN", reply, at_least=2)[1])
    if not {bytes}.issuperset(map(type, ids)):
        raise unexpected("JSCAN", ids)
    return ids  # type: ignore[return-value]  # checked above
