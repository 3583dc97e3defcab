"""Deletes jobs so that they do not come back: FASTACK at every node with a replica, listed or not.

- A node in a replica's nodes-delivered that does not answer may have a replica, too. FASTACK would leave it
  there; after ACKJOB, Disque asks that node until it has answered.
- A job whose ADDJOB still waits for replicas is deleted by DELJOB: ACKJOB of it crashes the server.
"""

from __future__ import annotations

from itertools import islice
from math import inf

from disquectl.bulk.act_on_jobs import PASSES, act_on_jobs
from disquectl.bulk.purge_queue import purge_queues
from disquectl.bulk.summary import DONE, GONE, LEFT, NOT_ANSWERED, PENDING, PENDING_REASON, JobResult
from disquectl.errors import ReplyError
from disquectl.execution.selecting import selection_of
from disquectl.fanout.ask import silent_nodes
from disquectl.fanout.change_jobs import JobChange
from disquectl.fanout.find_jobs import JobSearch, Start
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.plan import UNKNOWN
from disquectl.merge.states import ACKNOWLEDGED, DELAYED, QUEUED, WAITING
from disquectl.spec.selection import STATES as STATES_OF_JOBS
from disquectl.spec.selection import Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.bulk.summary import DoneJobs
    from disquectl.client.node_connection import NodeConnection
    from disquectl.client.transport import Transport
    from disquectl.errors import DisquectlError
    from disquectl.execution.session import Session
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Shape

# Enough to keep the nodes busy, and few enough not to delay their other clients.
BATCH = 1_000
STATES = frozenset({QUEUED, DELAYED})
NOT_THERE = "deleted, but a node that does not answer may have a replica"


def purge(values: Values, shape: Shape, session: Session) -> None:
    """Find the jobs on all nodes, ask, and act on them."""
    selection = selection_of(values, session, needs_glob=True)
    act_on_jobs(Purge(selection.states, is_paced="rate" in values), selection, values, shape, session)


def purge_own_queue(client: Transport, values: Values, queue: bytes) -> list[str]:
    """Delete all jobs of a queue in any state, without asking; return why some may be left, by node.

    For a queue that the program has made for itself. `values` has --seeds-only.
    """
    action = Purge(frozenset(STATES_OF_JOBS) - {ACKNOWLEDGED})
    selection = Selection({"queue": (queue,)}, patterns=False)
    silent: list[str] = []
    for number in range(PASSES):
        with JobSearch(client, values, selection, Start(inf)) as search:
            if not number:
                for _ in action.begin(search, selection):
                    pass
            search.run()
            jobs = search.table.choose(action.states, search.missing, now_ms()).jobs()
            is_empty = True
            while batch := list(islice(jobs, BATCH)):
                is_empty = False
                action.act(search, batch)
            silent = silent_nodes(search.cluster, search.refusals)
        if is_empty:
            return silent
    return silent or [f"jobs are still found after {PASSES} passes"]


class Purge:
    """The action of `purge`; see bulk.job_action."""

    name = "purge"
    deed = "deletes"
    batch_size = BATCH
    failure: DisquectlError | None = None
    pause_ms = 0.0
    silent_note = "they may have replicas of these jobs and deliver them again"

    def __init__(self, states: frozenset[str] = frozenset(), *, is_paced: bool = False) -> None:
        """`is_paced`: whether it must act slowly, in small batches."""
        self.states = states or STATES
        self._is_paced = is_paced

    def warning(self, choice: Choice) -> str:
        """Nothing to say."""
        return ""

    def begin(self, search: JobSearch, selection: Selection) -> Iterator[list[JobResult] | DoneJobs]:
        """Delete what is queued in whole queues without a scan."""
        names = selection.queues.names
        is_whole = selection.limit is None and not selection.tests_content and not selection.tests_numbers
        if not names or not is_whole or QUEUED not in self.states or self._is_paced:
            return
        search.connect()
        # A node that does not answer may have replicas of any job: the scan tells of which.
        if not search.cluster.missing():
            yield from purge_queues(search, sorted(names))

    def act(self, search: JobSearch, jobs: list[SelectedJob]) -> list[JobResult]:
        """Delete the jobs on all nodes."""
        missing = search.missing
        here: list[SelectedJob] = []
        waiting: list[SelectedJob] = []
        others: list[SelectedJob] = []
        for job in jobs:
            if not (job.replicas.holders | job.replicas.delivered) & missing:
                here.append(job)
            else:
                (waiting if job.state == WAITING else others).append(job)
        results = self._delete(search, here + waiting)
        for job in waiting:
            if results[job.job_id].kind == DONE:
                results[job.job_id] = JobResult(job.job_id, job.queue, LEFT, NOT_THERE)
        if others:
            results.update(self._acknowledge(search, others))
        return [results[job.job_id] for job in jobs]

    def act_again(self, search: JobSearch) -> int:
        """Delete replicas that have moved between nodes meanwhile."""
        for connection, job_ids in search.again.items():
            connection.ask([[b"FASTACK", job_id] for job_id in job_ids])
        for connection, request, reply in search.cluster.ask():
            if isinstance(reply, ReplyError):
                search.refusals.add(connection, request, reply)
        return sum(map(len, search.again.values()))

    def _delete(self, search: JobSearch, jobs: list[SelectedJob]) -> dict[bytes, JobResult]:
        requests: dict[NodeConnection, list[list[bytes]]] = {}
        holders: dict[int, list[NodeConnection]] = {}
        for job in jobs:
            verb = b"DELJOB" if job.state == WAITING else b"FASTACK"
            bits = job.replicas.holders
            if bits not in holders:
                holders[bits] = search.connections(bits)
            for connection in holders[bits]:
                requests.setdefault(connection, []).append([verb, job.job_id])
        for connection, some in requests.items():
            connection.ask(some)
        counts: dict[bytes, int] = {}
        refused: dict[bytes, str] = {}
        answered = dict.fromkeys(requests, 0)
        for connection, request, reply in search.cluster.ask():
            job_id: bytes = request[1]  # type: ignore[assignment]  # requests are made of bytes
            answered[connection] += 1
            if isinstance(reply, int):
                counts[job_id] = counts.get(job_id, 0) + reply
            elif isinstance(reply, ReplyError):
                search.refusals.add(connection, request, reply)
                refused[job_id] = reply.message
        for connection, some in requests.items():
            unanswered = some[answered[connection] :]
            refused.update((words[1], f"{connection.node} did not answer") for words in unanswered)
        return {job.job_id: _result(job, counts.get(job.job_id, 0), refused.get(job.job_id)) for job in jobs}

    def _acknowledge(self, search: JobSearch, jobs: list[SelectedJob]) -> dict[bytes, JobResult]:
        """Acknowledge jobs where nodes have them now, so that Disque tells the node that does not answer."""
        change = JobChange(search.cluster, b"ACKJOB", search.refusals)
        change.apply(job.job_id for job in jobs)
        results: dict[bytes, JobResult] = {}
        for job in jobs:
            if job.job_id in change.replies:
                results[job.job_id] = JobResult(job.job_id, job.queue, PENDING, PENDING_REASON)
            else:
                reason = change.left.get(job.job_id) or change.refused.get(job.job_id, NOT_ANSWERED)
                if reason == UNKNOWN and job.replicas.holders & search.missing:
                    reason = NOT_ANSWERED
                results[job.job_id] = (
                    JobResult(job.job_id, job.queue, GONE)
                    if reason == UNKNOWN
                    else JobResult(job.job_id, job.queue, LEFT, reason)
                )
        return results


def _result(job: SelectedJob, count: int, refusal: str | None) -> JobResult:
    """What became of a job: `count` replicas of it were deleted, and one perhaps not."""
    if refusal is not None:
        return JobResult(job.job_id, job.queue, LEFT, refusal)
    return JobResult(job.job_id, job.queue, DONE if count else GONE)
