"""One pass over all nodes that finds the jobs a selection means, with what is needed to act on them.

A pass is a complete scan of each node. Each pass connects again, so that a node that has come back is asked
again. It must not know what is done to the jobs.
"""

from __future__ import annotations

from disquectl.fanout.ask import missing_bits, open_cluster
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.merge.clocks import Clocks
from disquectl.merge.selected_jobs import JobTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Self

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.client.transport import Transport
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection


def _never() -> bool:
    return False


class Start:
    """When a command began: jobs that were created later are left alone.

    A measured clock is behind by as long as the reply to TIME took, which can be long on a busy machine. So
    the beginning is the moment after the clocks were measured first, and of all measurements the one with the
    quickest reply counts: a job that existed when the command was typed is never taken for a later one.

    ms      by our clock; None until the clocks have been measured
    clocks  those of all searches of the command
    """

    __slots__ = ("clocks", "ms")

    def __init__(self, ms: float | None = None) -> None:
        self.ms = ms
        self.clocks = Clocks()


class JobSearch:
    """One pass; a context manager that closes the connections.

    cluster   the nodes
    table     the jobs that were found
    again     node -> the jobs found there that were `known`: acted on in an earlier pass
    is_over   whether to stop: nothing new is begun
    """

    def __init__(
        self,
        client: Transport,
        values: Values,
        selection: Selection,
        start: Start,
        is_over: Callable[[], bool] = _never,
    ) -> None:
        """Only jobs that existed at the start are found."""
        self.cluster: Cluster = open_cluster(client, values)
        self.is_over = is_over
        self._scan = ClusterScan(self.cluster, clocks=start.clocks)
        self.table = JobTable(selection, start.clocks, start.ms or 0)
        self.again: dict[NodeConnection, list[bytes]] = {}
        self._selection = selection
        self._start = start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.close()

    @property
    def refusals(self) -> Refusals:
        """The nodes that refused something."""
        return self._scan.refusals

    @property
    def clocks(self) -> Clocks:
        """How far the nodes' clocks are ahead of ours."""
        return self._scan.clocks

    @property
    def missing(self) -> int:
        """The bits of the nodes that have not answered up to now."""
        return missing_bits(self.cluster, self.table.bits)

    @property
    def ids_not_found(self) -> int:
        """How many IDs of --ids-from no node has, as far as they answered."""
        return len(self._selection.ids or ()) - len(self.table.named)

    def connect(self) -> None:
        """Connect to all nodes, and look at their clocks."""
        for _ in self._scan.run(scan_queues=False, scan_jobs=False):
            pass
        if self._start.ms is None:
            self._start.ms = now_ms()
        self.table.start_ms = self._start.ms

    def run(self, known: Container[bytes] = ()) -> None:
        """Scan all nodes, unless it is over. Raises NotDisque."""
        # A replica tells when its job was created by the clock of another node: all clocks come first.
        self.connect()
        settle_queues(self.cluster, self._selection.queues, self.refusals)
        queue = self._selection.only_queue
        with NoGarbageCollection():
            for connection, replicas in self._scan.run(scan_queues=False, queue=queue, scan_jobs=True):
                if self.is_over():
                    return
                again = self.table.add(connection.node_id, replicas, now_ms(), known)
                if again:
                    self.again.setdefault(connection, []).extend(again)

    def existed(self, job_id: bytes, ctime_ns: int) -> bool:
        """Whether a job existed when the search was begun."""
        return self._scan.clocks.created_ms(job_id, ctime_ns) <= self.table.start_ms

    def existed_for_sure(self, ctime_ns: int) -> bool:
        """The same, whichever node created it."""
        return ctime_ns / 1_000_000 - self._scan.clocks.least_ahead_ms <= self.table.start_ms

    def connections(self, bits: int) -> list[NodeConnection]:
        """The nodes with these bits that answer."""
        bit_of = self.table.bits.of
        return [one for one in self.cluster.answered() if bit_of(one.node_id) & bits]
