"""Puts jobs into their queue now, instead of at the end of their delay or retry time: ENQUEUE at one node.

ENQUEUE is sent where it takes effect once (see merge/plan.py), after a look at all replicas.
"""

from __future__ import annotations

from disquectl.bulk.act_on_jobs import act_on_jobs
from disquectl.bulk.summary import (
    DONE,
    GONE,
    LEFT,
    NOT_ANSWERED,
    SKIPPED,
    UNKNOWN,
    JobResult,
    running_twice,
)
from disquectl.execution.selecting import selection_of
from disquectl.fanout.change_jobs import JobChange
from disquectl.fanout.scan_all import now_ms
from disquectl.merge import plan
from disquectl.merge.replicas import DELAY, STATE
from disquectl.merge.states import DELAYED, EVIDENCE_OF, IS_ACTIVE, evidence_of_delayed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.errors import DisquectlError
    from disquectl.execution.session import Session
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.merge.replicas import FlatReplica
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection
    from disquectl.spec.shape import Shape

BATCH = 500
STATES = frozenset({DELAYED})
NOT_DELAYED = "no longer delayed"
AT_MOST_ONCE = "at most once: Disque does not deliver it again"
# Reasons for which nothing has to be done.
_SETTLED = (plan.ALREADY_QUEUED, plan.ACKNOWLEDGED, NOT_DELAYED)


def requeue(values: Values, shape: Shape, session: Session) -> None:
    """Find the jobs on all nodes, ask, and act on them."""
    selection = selection_of(values, session, needs_glob=True)
    act_on_jobs(Requeue(selection.states), selection, values, shape, session)


class Requeue:
    """The action of `requeue`; see bulk.job_action."""

    name = "requeue"
    deed = "queues"
    batch_size = BATCH
    failure: DisquectlError | None = None
    pause_ms = 0.0
    silent_note = "jobs that only they have were not found"

    def __init__(self, states: frozenset[str] = frozenset()) -> None:
        self.states = states or STATES

    def warning(self, choice: Choice) -> str:
        """Jobs in flight run twice where their consumer is still alive."""
        return running_twice(choice.counts, self.states)

    def begin(self, search: JobSearch, selection: Selection) -> Iterable[list[JobResult]]:
        """Nothing."""
        return ()

    def act(self, search: JobSearch, jobs: list[SelectedJob]) -> list[JobResult]:
        """Queue the jobs."""
        in_flight = {job.job_id for job in jobs if job.state != DELAYED}
        once = {job.job_id for job in jobs if job.replicas.is_once and job.job_id in in_flight}

        def objection(replica: FlatReplica) -> str:
            return "" if replica[1] in in_flight or _is_delayed(replica, search) else NOT_DELAYED

        change = JobChange(search.cluster, b"ENQUEUE", search.refusals, objection)
        change.apply(job.job_id for job in jobs if job.job_id not in once)
        return [
            JobResult(job.job_id, job.queue, SKIPPED, AT_MOST_ONCE)
            if job.job_id in once
            else _result(job, change, search.missing)
            for job in jobs
        ]

    def act_again(self, search: JobSearch) -> None:
        """Nothing: a job that was queued still exists."""


def _is_delayed(replica: FlatReplica, search: JobSearch) -> bool:
    """Whether a replica is of a job that was never queued, as far as it tells."""
    evidence = EVIDENCE_OF[replica[STATE]]
    if evidence == IS_ACTIVE and replica[DELAY]:
        evidence = evidence_of_delayed(replica, now_ms(), search.clocks)
    return evidence != IS_ACTIVE


def _result(job: SelectedJob, change: JobChange, missing: int) -> JobResult:
    """What became of a job; `missing`: the bits of the nodes that did not answer."""
    reply = change.replies.get(job.job_id)
    if reply:
        return JobResult(job.job_id, job.queue, DONE)
    if reply is not None:
        # It was queued, acknowledged or expired after the look: another pass finds it if it was not.
        return JobResult(job.job_id, job.queue, GONE)
    if job.job_id in change.refused:
        return JobResult(job.job_id, job.queue, LEFT, change.refused[job.job_id])
    if job.job_id in change.nodes:
        return JobResult(
            job.job_id, job.queue, UNKNOWN, f"{change.nodes[job.job_id][0]} did not answer ENQUEUE"
        )
    reason = change.left.get(job.job_id, NOT_ANSWERED)
    if reason == plan.UNKNOWN:
        if job.replicas.holders & missing:
            return JobResult(job.job_id, job.queue, LEFT, NOT_ANSWERED)
        return JobResult(job.job_id, job.queue, GONE)
    return JobResult(job.job_id, job.queue, SKIPPED if reason in _SETTLED else LEFT, reason)
