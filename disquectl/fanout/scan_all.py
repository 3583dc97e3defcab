"""Asking every node what it has: times, queues and jobs, page by page, all nodes at the same time.

It carries replies from the cluster to what merges them, and asks for the next page before it hands one out.
"""

from __future__ import annotations

import gc
import time

from disquectl.errors import ReplyError
from disquectl.fanout.ask import Refusals
from disquectl.merge.clocks import Clocks, skew_ms
from disquectl.merge.queues import NAME, QueueSum, stat_of
from disquectl.merge.replicas import page_of
from disquectl.protocol.replies import qscan_page
from disquectl.protocol.server_replies import server_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.merge.replicas import Copy
    from disquectl.protocol.resp import Reply

TIME = [b"TIME"]
# How much a node looks at for one page: enough to be quick, little enough that it holds nobody up.
PAGE = b"1000"


def now_ms() -> float:
    """Our clock, in ms since 1970."""
    return time.time() * 1000


class NoCollection:
    """While replies stream by, nothing makes cycles; to look for them takes as long as to read them all."""

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_on:
            gc.enable()


class ClusterScan:
    """One walk over all nodes.

    clocks    how far the nodes' clocks are from ours
    queues    queue -> what QSTAT says of it at all nodes; only those that `wanted` lets in
    refusals  the nodes that refused something
    """

    def __init__(self, cluster: Cluster, wanted: Callable[[bytes], bool] | None = None) -> None:
        self.cluster = cluster
        self.clocks = Clocks()
        self.queues: dict[bytes, QueueSum] = {}
        self.refusals = Refusals()
        self._wanted = wanted
        self._queues_of: dict[NodeConnection, list[bytes]] = {}

    def run(
        self, *, scan_queues: bool, queue: bytes | None = None, scan_jobs: bool
    ) -> Iterator[tuple[NodeConnection, list[Copy]]]:
        """Every page of jobs with its node, when `scan_jobs`; meanwhile `queues` and `clocks` fill.

        `queue`: that one alone.
        """
        requests = [TIME]
        if scan_queues:
            requests.append([b"QSCAN", b"0", b"COUNT", PAGE] if queue is None else [b"QSTAT", queue])
        if scan_jobs:
            requests.append(_jobs_page(0, queue))
        for connection, request, reply in self.cluster.ask(*requests):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
            elif request[0] == b"JSCAN":
                cursor, copies = page_of(reply)
                if cursor:
                    connection.ask([_jobs_page(cursor, queue)])
                yield connection, copies
            elif request[0] == b"TIME":
                now = now_ms()
                self.clocks.add(connection.node_id, skew_ms(server_time(reply), now, now))
            elif request[0] == b"QSCAN":
                self._names(connection, reply)
            else:
                self._stat(connection, reply)

    def again(self) -> dict[bytes, QueueSum]:
        """The same queues once more, at the nodes that had them."""
        later: dict[bytes, QueueSum] = {}
        for connection, names in self._queues_of.items():
            connection.ask([[b"QSTAT", name] for name in names])
        for connection, _, reply in self.cluster.ask():
            if not isinstance(reply, ReplyError) and (stat := stat_of(reply)) is not None:
                later.setdefault(stat[NAME], QueueSum()).add(connection.name, stat, time.monotonic())
        return later

    def _names(self, connection: NodeConnection, reply: Reply) -> None:
        cursor, names = qscan_page(reply)
        new = [name for name in names if self._wanted is None or self._wanted(name)]
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
            total = self.queues[queue] = QueueSum()
        node = connection.name
        if node not in total.pauses:  # a scan may name a queue twice
            total.add(node, stat, time.monotonic())
            self._queues_of.setdefault(connection, []).append(queue)


def _jobs_page(cursor: int, queue: bytes | None) -> list[bytes]:
    words = [b"JSCAN", b"%d" % cursor, b"COUNT", PAGE, b"REPLY", b"all"]
    return words if queue is None else [*words, b"QUEUE", queue]
