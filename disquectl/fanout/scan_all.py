"""Scanning all nodes for times, queues and jobs, page by page, all nodes at the same time.

The next page is requested before one is yielded. How replies are merged is up to `merge`.
"""

from __future__ import annotations

import gc
import time

from disquectl.errors import ReplyError
from disquectl.fanout.ask import Refusals
from disquectl.merge.clocks import Clocks, skew_ms
from disquectl.merge.queues import NAME, QueueSum, stat_of
from disquectl.merge.replicas import BODY, page_of
from disquectl.protocol.replies import qscan_page
from disquectl.protocol.server_replies import server_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply

TIME = [b"TIME"]
# Elements that a node looks at for one page: enough to be quick, and few enough not to delay other clients.
PAGE = b"1000"
# Pages of jobs have bodies: they begin with fewer, and go on with as many as have about this many bytes.
FIRST_JOBS, MOST_JOBS = 20, 1_000
PAGE_BYTES = 4 << 20


def now_ms() -> float:
    """The time by our clock, in ms since 1970."""
    return time.time() * 1000


class NoGarbageCollection:
    """Turns off garbage collection: replies have no cycles, and searching takes as long as reading them."""

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_on:
            gc.enable()


class ClusterScan:
    """One scan of all nodes.

    clocks    how far the nodes' clocks are ahead of ours
    queues    queue -> the sums of QSTAT over all nodes; only queues for which `wanted` is true
    wanted    which queues to ask about; None: all
    refusals  the nodes that refused something
    until     when to ask for no more pages of jobs, in monotonic seconds; None: never
    by_node   whether the counters of queues are kept by node, too
    cut_short the nodes of which not all jobs were read, by `until`
    """

    def __init__(
        self,
        cluster: Cluster,
        wanted: Callable[[bytes], bool] | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.cluster = cluster
        self.clocks = clocks or Clocks()
        self.queues: dict[bytes, QueueSum] = {}
        self.refusals = Refusals()
        self.until: float | None = None
        self.by_node = False
        self.cut_short: list[str] = []
        self.wanted = wanted
        self._queues_of: dict[NodeConnection, list[bytes]] = {}

    def run(
        self, *, scan_queues: bool, queue: bytes | None = None, scan_jobs: bool
    ) -> Iterator[tuple[NodeConnection, list[FlatReplica]]]:
        """Every page of jobs with its node, with `scan_jobs`; meanwhile `queues` and `clocks` are filled.

        `queue`: scan only this queue.
        """
        requests = [TIME]
        if scan_queues:
            requests.append([b"QSCAN", b"0", b"COUNT", PAGE] if queue is None else [b"QSTAT", queue])
        if scan_jobs:
            requests.append(jobs_page(0, FIRST_JOBS, queue))
        for connection, request, reply in self.cluster.ask(*requests):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
            elif request[0] == b"JSCAN":
                cursor, replicas = page_of(reply)
                if cursor and self.until is not None and time.monotonic() >= self.until:
                    self.cut_short.append(connection.name)
                elif cursor:
                    count = next_count(replicas, int(request[3]))
                    connection.ask([jobs_page(cursor, count, queue)])
                yield connection, replicas
            elif request[0] == b"TIME":
                now = now_ms()
                self.clocks.add(connection.node_id, skew_ms(server_time(reply), now, now))
            elif request[0] == b"QSCAN":
                self._names(connection, reply)
            else:
                self._stat(connection, reply)

    def again(self, only: Container[bytes] | None = None) -> dict[bytes, QueueSum]:
        """QSTAT of the same queues again, or of some of them, at the nodes that had them."""
        later: dict[bytes, QueueSum] = {}
        for connection, names in self._queues_of.items():
            connection.ask([[b"QSTAT", name] for name in names if only is None or name in only])
        for connection, _, reply in self.cluster.ask():
            if not isinstance(reply, ReplyError) and (stat := stat_of(reply)) is not None:
                later.setdefault(stat[NAME], QueueSum()).add(connection.name, stat, time.monotonic())
        return later

    def _names(self, connection: NodeConnection, reply: Reply) -> None:
        cursor, names = qscan_page(reply)
        new = [name for name in names if self.wanted is None or self.wanted(name)]
        if cursor:
            connection.ask([[b"QSCAN", b"%d" % cursor, b"COUNT", PAGE]])
        connection.ask([[b"QSTAT", name] for name in new])

    def _stat(self, connection: NodeConnection, reply: Reply) -> None:
        stat = stat_of(reply)
        if stat is None:
            return
        queue = stat[NAME]
        total = self.queues.get(queue)
        if total is None:
            total = self.queues[queue] = QueueSum(self.by_node)
        node = connection.name
        if node not in total.pauses:  # a scan may return a queue twice
            total.add(node, stat, time.monotonic())
            self._queues_of.setdefault(connection, []).append(queue)


def next_count(
    replicas: list[FlatReplica], count: int, most: int = MOST_JOBS, page_bytes: int = PAGE_BYTES
) -> int:
    """How many jobs to look at for the next page, when looking at `count` of them returned these."""
    size = sum(len(replica[BODY] or b"") for replica in replicas)
    return max(min(page_bytes * count // max(size, 1), most), 1)


def jobs_page(cursor: int, count: int, queue: bytes | None = None) -> list[bytes]:
    """The request for a page of jobs, of all queues or of one."""
    words = [b"JSCAN", b"%d" % cursor, b"COUNT", b"%d" % count, b"REPLY", b"all"]
    return words if queue is None else [*words, b"QUEUE", queue]
