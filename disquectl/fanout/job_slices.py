"""Passes over the jobs of all nodes in slices, so that no node spends much of its time on them.

One page at a time is asked of a node; when the next one is due is up to merge.sampling_plan.
"""

from __future__ import annotations

import time

from disquectl.merge.job_estimate import JobEstimate
from disquectl.merge.replicas import page_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.close_look import Look
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.job_estimate import QueueEstimate
    from disquectl.merge.sampling_plan import NodePlan
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Words

PAGE = b"1000"
# What a page costs us in all, as a multiple of what it costs after it was read.
READING = 2.5


class JobSlices:
    """One pass after the other.

    result    the figures of the last complete pass by queue; None before the first
    ended_at  when that pass ended, in monotonic seconds
    """

    def __init__(self, clocks: Clocks, look: Callable[[], Look | None]) -> None:
        """`look` returns what sees the pages, too."""
        self.result: dict[bytes, QueueEstimate] | None = None
        self.ended_at: float | None = None
        self._clocks = clocks
        self._look = look
        self._estimate: JobEstimate | None = None
        self._cursors: dict[NodeConnection, int] = {}
        self._sent: dict[NodeConnection, tuple[float, float]] = {}
        self._missing: set[str] = set()

    def begin(self, connections: Iterable[NodeConnection], expected: int, missing: Iterable[str]) -> None:
        """Begin a pass over these nodes, unless one is under way.

        expected  about how many distinct jobs there are
        missing   the IDs of nodes that do not answer
        """
        if self._estimate is None:
            self._estimate = JobEstimate(self._clocks, expected)
            self._cursors = dict.fromkeys(connections, 0)
            self._missing = set(missing)

    def drop(self, connection: NodeConnection) -> None:
        """Go on without a node that failed."""
        self._sent.pop(connection, None)
        if self._cursors.pop(connection, None) is not None:
            self._missing.add(connection.node_id)
            self._end()

    def due(self, connection: NodeConnection, plan: NodePlan) -> float | None:
        """When to ask this node for a page, in monotonic seconds; None if there is nothing to ask now."""
        return plan.page_due() if connection in self._cursors and connection not in self._sent else None

    def next_page(self, connection: NodeConnection) -> Words:
        """The request for the next page of this node."""
        self._sent[connection] = time.monotonic(), time.process_time()
        return [b"JSCAN", b"%d" % self._cursors[connection], b"COUNT", PAGE, b"REPLY", b"all"]

    def take(self, connection: NodeConnection, reply: Reply, plan: NodePlan) -> None:
        """Take a page. Raises NotDisque."""
        cursor, replicas = page_of(reply)
        sent = self._sent.pop(connection, None)
        if sent is None or self._estimate is None:
            return
        arrived, own = time.monotonic(), time.process_time()
        scanned = len(self._cursors)
        now_ms = time.time() * 1000
        self._estimate.add(connection.node_id, replicas, now_ms)
        if (look := self._look()) is not None:
            look.see_page(connection.node_id, replicas, now_ms)
        # Of the time until the reply, what we worked ourselves did not keep the node busy. Reading a reply
        # takes us a little longer than taking it in.
        node_cost = arrived - sent[0] - (own - sent[1])
        plan.page_done(time.monotonic(), node_cost, READING * (time.process_time() - own) * scanned)
        if cursor:
            self._cursors[connection] = cursor
            return
        self._cursors.pop(connection, None)
        self._end()

    def _end(self) -> None:
        if self._cursors or self._estimate is None:
            return
        self.result = self._estimate.result(frozenset(self._missing))
        self.ended_at = time.monotonic()
        if (look := self._look()) is not None:
            look.pass_ended()
        self._estimate = None
