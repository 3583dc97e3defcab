"""A close look at one queue, or at one job, at each sample.

Of a queue: the oldest queued jobs by QPEEK and SHOW, and jobs in other states as the scans of jobs find them.
"""

from __future__ import annotations

import time

from disquectl.merge.jobs import Jobs, beginning
from disquectl.merge.replicas import BODY, ID, QUEUE, STATE, ordered
from disquectl.merge.trace import JobTrace
from disquectl.protocol.replies import jobs as peeked_jobs
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.merge.clocks import Clocks
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Words

    class Look(Protocol):
        """What is asked for at each sample, beside the figures."""

        def requests(self) -> list[Words]:
            """What to ask each node now."""

        def take(self, connection: NodeConnection, request: Request, reply: Reply) -> list[Words]:
            """Take a reply; return what to ask this node in addition. Raises NotDisque."""

        def see_page(self, node_id: str, replicas: list[FlatReplica], now_ms: float) -> None:
            """See a page of a scan of all jobs."""

        def pass_ended(self) -> None:
            """See that a scan of all jobs has ended."""

        def records(self, names: dict[str, str], missing: list[str]) -> list[Record]:
            """What was found. `names`: node ID -> name; `missing`: IDs of nodes that do not answer."""


# Jobs of a queue that are looked at: queued ones at each node, and others that a scan finds.
PEEKED, SCANNED = 40, 300
# Replies with larger bodies than this are asked for less.
MUCH_BYTES = 256 * 1024
# A job with a larger body is asked for at each tenth sample only.
SELDOM = 10

# A replica with the node that has it, and when it was read.
Seen = tuple[str, "FlatReplica", float]


class QueueLook:
    """The jobs of one queue."""

    def __init__(self, queue: bytes, clocks: Clocks) -> None:
        self.queue = queue
        self._clocks = clocks
        self._count = PEEKED
        self._queued: dict[bytes, set[str]] = {}
        self._queued_now: dict[bytes, set[str]] = {}
        self._shown: dict[bytes, Seen] = {}
        self._found: dict[bytes, list[Seen]] = {}
        self._found_now: dict[bytes, list[Seen]] = {}

    def requests(self) -> list[Words]:
        """The oldest queued jobs."""
        self._queued, self._queued_now = self._queued_now, {}
        self._shown = {job_id: seen for job_id, seen in self._shown.items() if job_id in self._queued}
        return [[b"QPEEK", self.queue, b"%d" % self._count]]

    def take(self, connection: NodeConnection, request: Request, reply: Reply) -> list[Words]:
        """Take the queued jobs; ask for more about those that are new."""
        if request[0] == b"SHOW":
            if reply is not None:
                self._shown[as_bytes(request[1])] = _seen(connection, reply)
            return []
        if as_bytes(request[1]) != self.queue:
            return []  # the look before this one asked
        found = peeked_jobs(reply, "QPEEK")
        ids = [job["id"].encode("utf-8", "surrogateescape") for job in found]
        for job_id in ids:
            self._queued_now.setdefault(job_id, set()).add(connection.node_id)
        if sum(len(job["body"]) for job in found) > MUCH_BYTES:
            self._count = max(self._count // 2, 1)
        return [[b"SHOW", job_id] for job_id in ids if job_id not in self._shown]

    def see_page(self, node_id: str, replicas: list[FlatReplica], now_ms: float) -> None:
        """Keep the replicas of this queue, of a limited number of jobs."""
        for replica in replicas:
            if replica[QUEUE] != self.queue:
                continue
            seen = self._found_now.get(replica[ID])
            if seen is None:
                if len(self._found_now) >= SCANNED:
                    continue
                seen = self._found_now[replica[ID]] = []
            seen.append((node_id, _shortened(replica), now_ms))

    def pass_ended(self) -> None:
        """Forget what the scan before has found."""
        self._found, self._found_now = self._found_now, {}

    def records(self, names: dict[str, str], missing: list[str]) -> list[Record]:
        """Records as of the command `jobs`, the oldest first."""
        found = Jobs(self._clocks)
        queued = self._queued_now or self._queued
        scanned = {**self._found, **self._found_now}
        for job_id, seen in scanned.items():
            for node_id, replica, now_ms in seen:
                # One that was queued and is no longer at the head of the queue may have been taken.
                if replica[STATE] != b"queued" or job_id in queued or len(queued) >= self._count:
                    found.add(node_id, [replica], now_ms)
        for job_id in queued:
            if job_id in self._shown:
                node_id, replica, now_ms = self._shown[job_id]
                replica = list(replica)
                replica[STATE] = b"queued"
                found.add(node_id, [replica], now_ms)
        bits = {found.bits.of(node_id): name for node_id, name in names.items()}
        gone = found.bits.mask(node_id.encode() for node_id in missing)
        now_ms = time.time() * 1000
        ordered_ids = sorted(found.found, key=lambda job_id: (found.found[job_id].ctime_ns, job_id))
        return [found.record(job_id, gone, now_ms, bits) for job_id in ordered_ids]


class JobLook:
    """One job at every node."""

    def __init__(self, job_id: bytes, clocks: Clocks) -> None:
        self.job_id = job_id
        self._clocks = clocks
        self._replies: dict[str, tuple[Any, float]] = {}
        self._is_large = False
        self._turn = 0

    def requests(self) -> list[Words]:
        """SHOW; seldom if the body is large."""
        self._turn += 1
        if self._is_large and self._turn % SELDOM != 1:
            return []
        return [[b"SHOW", self.job_id]]

    def take(self, connection: NodeConnection, request: Request, reply: Reply) -> list[Words]:
        """Take what a node has."""
        if as_bytes(request[1]) == self.job_id:
            self._replies[connection.node_id] = reply, time.time() * 1000
            if reply is not None:
                self._is_large = len(ordered(reply)[BODY] or b"") > MUCH_BYTES
        return []

    def see_page(self, node_id: str, replicas: list[FlatReplica], now_ms: float) -> None:
        """Nothing: SHOW tells more."""

    def pass_ended(self) -> None:
        """Nothing."""

    def records(self, names: dict[str, str], missing: list[str]) -> list[Record]:
        """One record as of the command `trace`; none before the first reply."""
        if not self._replies:
            return []
        known = {**names, **{node_id: node_id[:8] for node_id in self._replies if node_id not in names}}
        trace = JobTrace(self.job_id, known, self._clocks)
        for node_id, (reply, now_ms) in self._replies.items():
            if node_id not in missing:
                trace.add(node_id, reply, now_ms)
        return [trace.record(missing, time.time() * 1000)]


def _seen(connection: NodeConnection, reply: Reply) -> Seen:
    return connection.node_id, _shortened(ordered(reply)), time.time() * 1000


def _shortened(replica: FlatReplica) -> FlatReplica:
    """The replica without the rest of a long body."""
    short = list(replica)
    short[BODY] = beginning(replica[BODY])
    return short
