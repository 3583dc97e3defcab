"""One pass over the jobs of some nodes, at a pace that keeps no node busy: a page at a time is asked of each.

How long to rest after a page is up to merge.scan_pace. Whoever runs a PacedScan sends its requests.
"""

from __future__ import annotations

import math
import time

from disquectl.errors import ReplyError
from disquectl.fanout.scan_all import FIRST_JOBS, jobs_page, next_count
from disquectl.merge.replicas import page_of
from disquectl.merge.scan_pace import ScanPace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply

# Reading a page holds up other threads, such as one that answers keys: pages are small.
MOST_JOBS = 300
PAGE_BYTES = 256 << 10
# What a page costs us in all, as a multiple of what it costs after it was read.
_READING = 2.5


class _Page:
    """A page that was asked for: when, by our clock and by our processor time, and of how many jobs."""

    __slots__ = ("count", "own", "sent")

    def __init__(self, count: int) -> None:
        self.sent, self.own = time.monotonic(), time.process_time()
        self.count = count


class PacedScan:
    """A pass. `left`: the nodes of which not all jobs were read."""

    def __init__(
        self, connections: Iterable[NodeConnection], pace: Callable[[NodeConnection], ScanPace]
    ) -> None:
        """`pace` returns that of a node."""
        self._next = dict.fromkeys(connections, (0, FIRST_JOBS))
        self._pace = pace
        self._pages: dict[NodeConnection, _Page] = {}
        self._taken: tuple[NodeConnection, float, float] | None = None
        self._nodes = len(self._next)

    @property
    def left(self) -> list[NodeConnection]:
        """The nodes of which not all jobs were read."""
        return list(self._next)

    def drop(self, connection: NodeConnection) -> bool:
        """Go on without a node that failed; return whether it was one of those that are left."""
        self._pages.pop(connection, None)
        return self._next.pop(connection, None) is not None

    def due(self, connection: NodeConnection) -> float | None:
        """When to ask this node for a page, in monotonic seconds; None if there is nothing to ask now."""
        if connection not in self._next or connection in self._pages:
            return None
        return self._pace(connection).due

    def next_page(self, connection: NodeConnection) -> list[bytes]:
        """The request for the next page of this node."""
        cursor, count = self._next[connection]
        self._pages[connection] = _Page(count)
        return jobs_page(cursor, count)

    def take(self, connection: NodeConnection, reply: Reply) -> list[FlatReplica]:
        """The jobs of a page. Call `done` once they were worked on. Raises NotDisque."""
        cursor, replicas = page_of(reply)
        page = self._pages.pop(connection, None)
        if page is None:
            return []
        arrived, own = time.monotonic(), time.process_time()
        # Of the time until the reply, what we worked ourselves did not keep the node busy.
        self._taken = connection, arrived - page.sent - (own - page.own), own
        if cursor:
            self._next[connection] = cursor, next_count(replicas, page.count, MOST_JOBS, PAGE_BYTES)
        else:
            del self._next[connection]
        return replicas

    def done(self) -> None:
        """The jobs of the last page were worked on: its node rests from now on."""
        if self._taken is not None:
            connection, node_cost, own = self._taken
            # Reading a reply takes us a little longer than taking it in.
            own_cost = _READING * (time.process_time() - own) * self._nodes
            self._pace(connection).page_done(time.monotonic(), node_cost, own_cost)
            self._taken = None


def scan_slowly(
    cluster: Cluster, share: float, refusals: Refusals
) -> Iterator[tuple[NodeConnection, list[FlatReplica]]]:
    """Every page of jobs with its node; no node is kept busy for more than this share of the time."""
    paces = {connection: ScanPace(share, own_share=math.inf) for connection in cluster.answered()}
    scan = PacedScan(paces, paces.__getitem__)
    while scan.left:
        dues, now = [], time.monotonic()
        for connection in scan.left:
            if not connection.has_answered:
                scan.drop(connection)
            elif (due := scan.due(connection)) is not None and due > now:
                dues.append(due)
            elif due is not None:
                connection.ask([scan.next_page(connection)])
        if dues and not cluster.waiting():
            time.sleep(max(min(dues) - now, 0))
        for connection, request, reply in cluster.ask(until=min(dues, default=None)):
            if isinstance(reply, ReplyError):
                refusals.add(connection, request, reply)
                scan.drop(connection)
            else:
                yield connection, scan.take(connection, reply)
                scan.done()
