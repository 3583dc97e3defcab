"""Deletes the queued jobs of whole queues by QPEEK and FASTACK, without a scan, on all nodes at once.

A queue is sorted by creation, so SHOW of the last job of a batch tells whether all of the batch existed when
the command started. Replicas that FASTACK does not reach are left to the scan that follows.
"""

from __future__ import annotations

from collections import deque

from disquectl.bulk.summary import DONE, GONE, LEFT, JobResult
from disquectl.errors import ReplyError
from disquectl.merge.replicas import CTIME, ID, shown
from disquectl.protocol.shapes import array, octets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.bulk.summary import OutcomeKind
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.protocol.resp import Reply

# QPEEK returns bodies, too: a batch has at most this many bytes of them, by the sizes in the batch before.
BATCH_BYTES = 1 << 20
FIRST_JOBS, MOST_JOBS = 100, 1_000


def purge_queues(search: JobSearch, queues: Iterable[bytes]) -> Iterator[list[JobResult]]:
    """Delete what is queued on the nodes that answer; yield the results batch by batch."""
    drains = {connection: _Drain(connection, search, queues) for connection in search.cluster.answered()}
    for drain in drains.values():
        drain.next_queue()
    for connection, request, reply in search.cluster.ask():
        drain = drains[connection]
        if isinstance(reply, ReplyError):
            search.refusals.add(connection, request, reply)
            drain.refuse(request[0], reply.message)
        else:
            drain.take(request[0], reply)
        # Only when the node has work again: it does not wait while the results are written.
        if drain.results and drain.batch:
            yield drain.take_results()
    for drain in drains.values():
        yield drain.end()


class _Drain:
    """One node: its queues are emptied one after the other.

    batch    the jobs that were sent FASTACK and have no answer yet
    results  of complete batches
    """

    __slots__ = (
        "_coming",
        "_connection",
        "_existing",
        "_is_refused",
        "_peeked",
        "_queue",
        "_queue_of_batch",
        "_queues",
        "_search",
        "_size",
        "_to_show",
        "batch",
        "results",
    )

    def __init__(self, connection: NodeConnection, search: JobSearch, queues: Iterable[bytes]) -> None:
        self.batch: deque[bytes] = deque()
        self.results: list[JobResult] = []
        self._connection = connection
        self._search = search
        self._queues = deque(queues)
        self._queue = self._queue_of_batch = b""
        self._size = FIRST_JOBS
        self._peeked: list[bytes] = []
        self._is_refused = False
        self._to_show = 0  # replies to SHOW that are still to come, while each job of a batch is looked at
        self._existing: list[bytes] = []
        self._coming: list[JobResult] = []  # of a batch that is not complete

    def next_queue(self) -> None:
        """Begin with the next queue, if there is one."""
        if self._queues:
            self._queue = self._queues.popleft()
            self._peek()

    def take(self, verb: object, reply: Reply) -> None:
        """Take a reply, and go on."""
        if verb == b"FASTACK":
            self._settle(DONE if reply else GONE)
        elif verb == b"QPEEK":
            self._take_peeked(reply)
        elif verb == b"SHOW":
            self._take_shown(reply)

    def refuse(self, verb: object, reason: str) -> None:
        """Take an error reply, and ask this node nothing more: the scan that follows tells what is left."""
        self._queues.clear()
        self._is_refused = True
        if verb == b"FASTACK":
            self._settle(LEFT, reason)

    def take_results(self) -> list[JobResult]:
        """The results of the batches that are complete."""
        results, self.results = self.results, []
        return results

    def end(self) -> list[JobResult]:
        """The last results; jobs without an answer are left: the node failed."""
        reason = f"{self._connection.node} did not answer"
        left = [JobResult(job_id, self._queue_of_batch, LEFT, reason) for job_id in self.batch]
        return self.results + self._coming + left

    def _settle(self, kind: OutcomeKind, reason: str = "") -> None:
        """Note the outcome of the next job of the batch."""
        self._coming.append(JobResult(self.batch.popleft(), self._queue_of_batch, kind, reason))
        if not self.batch:
            self.results += self._coming
            self._coming = []

    def _peek(self) -> None:
        if not self._has_ended():
            self._connection.ask([[b"QPEEK", self._queue, b"%d" % self._size]])

    def _has_ended(self) -> bool:
        """Whether nothing new is begun: a node has failed, so that the scan has to tell what it may have."""
        return self._is_refused or self._search.is_over() or bool(self._search.cluster.missing())

    def _take_peeked(self, reply: Reply) -> None:
        jobs = [array("QPEEK", job, at_least=3) for job in array("QPEEK", reply)]
        self._peeked = [octets("QPEEK", job[1]) for job in jobs]
        if not jobs:
            self.next_queue()
            return
        size = sum(len(octets("QPEEK", job[2])) for job in jobs) // len(jobs) + 1
        self._size = max(min(BATCH_BYTES // size, MOST_JOBS), 1)
        self._connection.ask([[b"SHOW", self._peeked[-1]]])

    def _take_shown(self, reply: Reply) -> None:
        if self._to_show:
            self._take_one_of_many(reply)
        elif self._has_ended():
            return
        elif (last := shown(reply)) is not None and self._search.existed_for_sure(last[CTIME]):
            self._delete(self._peeked)
            self._peek()
        else:
            # It is younger, or has been consumed: look at each.
            self._to_show = len(self._peeked)
            self._connection.ask([[b"SHOW", job_id] for job_id in self._peeked])

    def _take_one_of_many(self, reply: Reply) -> None:
        self._to_show -= 1
        job = shown(reply)
        if job is not None and self._search.existed(job[ID], job[CTIME]):
            self._existing.append(job[ID])
        if not self._to_show:
            self._delete(self._existing)
            self._existing = []
            # All that follow in this queue are younger; what is older and comes back is found by the scan.
            self.next_queue()

    def _delete(self, job_ids: list[bytes]) -> None:
        self._queue_of_batch = self._queue
        self.batch.extend(job_ids)
        self._connection.ask([[b"FASTACK", job_id] for job_id in job_ids])
