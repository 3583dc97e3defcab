"""Deletes the queued jobs of whole queues by QPEEK and FASTACK, without a scan, on all nodes at once.

A queue is sorted by creation, so SHOW of the last job of a batch tells whether all of the batch existed when
the command started. Replicas that FASTACK does not reach are left to the scan that follows.
"""

from __future__ import annotations

from collections import deque

from disquectl.bulk.summary import DONE, GONE, LEFT, DoneJobs, JobResult
from disquectl.errors import ReplyError
from disquectl.merge.replicas import CTIME, ID, shown
from disquectl.protocol.shapes import array, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.protocol.resp import Reply

# QPEEK returns bodies, too: a batch has at most this many bytes of them, by the sizes in the batch before.
BATCH_BYTES = 1 << 20
FIRST_JOBS, MOST_JOBS = 100, 1_000


def purge_queues(search: JobSearch, queues: Iterable[bytes]) -> Iterator[list[JobResult] | DoneJobs]:
    """Delete what is queued on the nodes that answer; yield the results batch by batch."""
    drains = {connection: _Drain(connection, search, queues) for connection in search.cluster.answered()}
    for drain in drains.values():
        drain.next_queue()
    for connection, answers in search.cluster.ask_together():
        drain = drains[connection]
        drain.take(answers)
        # Only when the node has work again: it does not wait while the results are written.
        if drain.batch:
            yield from drain.take_results()
    for drain in drains.values():
        drain.end()
        yield from drain.take_results()


class _Drain:
    """One node: its queues are emptied one after the other.

    batch  the jobs that were sent FASTACK, until all of them have an answer
    """

    __slots__ = (
        "_connection",
        "_existing",
        "_is_refused",
        "_peeked",
        "_queue",
        "_queue_of_batch",
        "_queues",
        "_replies",
        "_results",
        "_search",
        "_size",
        "_to_show",
        "batch",
    )

    def __init__(self, connection: NodeConnection, search: JobSearch, queues: Iterable[bytes]) -> None:
        self.batch: list[bytes] = []
        self._connection = connection
        self._search = search
        self._queues = deque(queues)
        self._queue = self._queue_of_batch = b""
        self._size = FIRST_JOBS
        self._peeked: list[bytes] = []
        self._is_refused = False
        self._to_show = 0  # replies to SHOW that are still to come, while each job of a batch is looked at
        self._existing: list[bytes] = []
        self._replies: list[Reply] = []  # to the FASTACKs of the batch
        self._results: list[list[JobResult] | DoneJobs] = []

    def next_queue(self) -> None:
        """Begin with the next queue, if there is one."""
        if self._queues:
            self._queue = self._queues.popleft()
            self._peek()

    def take(self, answers: list[tuple[Request, Reply]]) -> None:
        """Take the replies that have come, and go on."""
        # Those to FASTACK come before all others: nothing else is in flight when it is sent.
        count = len(self.batch) - len(self._replies)
        if count:
            self._take_deleted(answers[:count])
        for request, reply in answers[count:]:
            if isinstance(reply, ReplyError):
                self._refuse(request, reply)
            elif request[0] == b"QPEEK":
                self._take_peeked(reply)
            elif request[0] == b"SHOW":
                self._take_shown(reply)

    def take_results(self) -> list[list[JobResult] | DoneJobs]:
        """The results of the batches that are complete."""
        results, self._results = self._results, []
        return results

    def end(self) -> None:
        """Complete the last batch; jobs without an answer are left: the node failed."""
        if self.batch:
            reason = f"{self._connection.node} did not answer"
            self._settle([ReplyError(reason)] * (len(self.batch) - len(self._replies)))

    def _refuse(self, request: Request, error: ReplyError) -> None:
        """Note an error, and ask this node nothing more: the scan that follows tells what is left."""
        self._search.refusals.add(self._connection, request, error)
        self._queues.clear()
        self._is_refused = True

    def _take_deleted(self, answers: list[tuple[Request, Reply]]) -> None:
        replies = [reply for _, reply in answers]
        if not {int}.issuperset(map(type, replies)):
            for request, reply in answers:
                if isinstance(reply, ReplyError):
                    self._refuse(request, reply)
        self._settle(replies)

    def _settle(self, replies: list[Reply]) -> None:
        """Note the next replies of the batch; when all have come, make results of them."""
        self._replies += replies
        if len(self._replies) < len(self.batch):
            return
        queue = self._queue_of_batch
        if self._replies.count(1) == len(self.batch):
            self._results.append(DoneJobs(self.batch, queue))
        else:
            pairs = zip(self.batch, self._replies, strict=True)
            self._results.append([_result(job_id, queue, reply) for job_id, reply in pairs])
        self.batch, self._replies = [], []

    def _peek(self) -> None:
        if not self._has_ended():
            self._connection.ask([[b"QPEEK", self._queue, b"%d" % self._size]])

    def _has_ended(self) -> bool:
        """Whether nothing new is begun: a node has failed, so that the scan has to tell what it may have."""
        return self._is_refused or self._search.is_over() or bool(self._search.cluster.missing())

    def _take_peeked(self, reply: Reply) -> None:
        jobs = array("QPEEK", reply)
        try:
            self._peeked = [job[1] for job in jobs]  # type: ignore[index, misc]  # checked here
            size = sum(len(job[2]) for job in jobs)  # type: ignore[index, arg-type, misc]  # as above
        except (TypeError, IndexError):
            raise unexpected("QPEEK", reply) from None
        if not {bytes}.issuperset(map(type, self._peeked)):
            raise unexpected("QPEEK", reply)
        if not jobs:
            self.next_queue()
            return
        self._size = max(min(BATCH_BYTES // (size // len(jobs) + 1), MOST_JOBS), 1)
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
        self.batch = job_ids
        self._connection.ask([(b"FASTACK", job_id) for job_id in job_ids])


def _result(job_id: bytes, queue: bytes, reply: Reply) -> JobResult:
    if isinstance(reply, ReplyError):
        return JobResult(job_id, queue, LEFT, reply.message)
    return JobResult(job_id, queue, DONE if reply else GONE)
