"""Passes over the jobs of all nodes in slices, one after the other: the figures of queues, and suspects.

The pace is that of a PacedScan. The memory is bounded: of many jobs, a sample is counted.
"""

from __future__ import annotations

import time

from disquectl.fanout.paced_scan import PacedScan
from disquectl.health.job_facts import Suspects
from disquectl.merge.job_estimate import JobEstimate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.close_look import Look
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.job_estimate import QueueEstimate
    from disquectl.merge.scan_pace import ScanPace
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Words


class JobPass:
    """What a complete pass has found; it does not change.

    queues    the figures of each queue that has jobs
    suspects  the jobs that may be in trouble
    ended_at  when it ended, in monotonic seconds
    """

    __slots__ = ("ended_at", "queues", "suspects")

    def __init__(self, queues: dict[bytes, QueueEstimate], suspects: Suspects) -> None:
        self.queues = queues
        self.suspects = suspects
        self.ended_at = time.monotonic()


class JobSlices:
    """One pass after the other. `result`: the last complete one; None before the first."""

    def __init__(
        self,
        clocks: Clocks,
        pace: Callable[[NodeConnection], ScanPace],
        look: Callable[[], Look | None],
    ) -> None:
        """`pace` returns that of a node; `look` what sees the pages, too."""
        self.result: JobPass | None = None
        self._clocks = clocks
        self._pace = pace
        self._look = look
        self._scan: PacedScan | None = None
        self._estimate = JobEstimate(clocks, 0)
        self._suspects = Suspects(clocks)
        self._missing: set[str] = set()
        self._nodes = 0

    def begin(self, connections: Iterable[NodeConnection], expected: int, missing: Iterable[str]) -> None:
        """Begin a pass over these nodes, unless one is under way.

        expected  about how many distinct jobs there are
        missing   the IDs of nodes that do not answer
        """
        if self._scan is None:
            self._estimate = JobEstimate(self._clocks, expected)
            self._suspects = Suspects(self._clocks)
            self._scan = PacedScan(connections, self._pace)
            self._missing = set(missing)
            self._nodes = len(self._scan.left)

    def drop(self, connection: NodeConnection) -> None:
        """Go on without a node that failed."""
        if self._scan is not None and self._scan.drop(connection):
            self._missing.add(connection.node_id)
            self._end()

    def due(self, connection: NodeConnection) -> float | None:
        """When to ask this node for a page, in monotonic seconds; None if there is nothing to ask now."""
        return None if self._scan is None else self._scan.due(connection)

    def next_page(self, connection: NodeConnection) -> Words:
        """The request for the next page of this node; only if one is due."""
        assert self._scan is not None
        return self._scan.next_page(connection)

    def take(self, connection: NodeConnection, reply: Reply) -> None:
        """Take a page. Raises NotDisque."""
        if self._scan is None:
            return
        replicas = self._scan.take(connection, reply)
        now_ms = time.time() * 1000
        sample = self._estimate.add(connection.node_id, replicas, now_ms)
        self._suspects.add(connection.node_id, replicas, now_ms, sample)
        if (look := self._look()) is not None:
            look.see_page(connection.node_id, replicas, now_ms)
        self._scan.done()
        self._end()

    def _end(self) -> None:
        if self._scan is None or self._scan.left:
            return
        self._suspects.factor = self._estimate.factor
        self._suspects.complete(self._estimate.counts, self._nodes)
        self.result = JobPass(self._estimate.result(frozenset(self._missing)), self._suspects)
        if (look := self._look()) is not None:
            look.pass_ended()
        self._scan = None
