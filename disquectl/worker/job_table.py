"""The jobs in the worker's hands, and what the rules collect about them: requests, events and deadlines.

Data with a few transitions that several rules share. No sockets, no decisions.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from disquectl.worker.job import HELD, RETURNED, RUNNING, JobEvent, Request

if TYPE_CHECKING:
    from disquectl.worker.job import EventKind, Job, State


class JobTable:
    """Times are seconds on the worker's clock.

    jobs           by ID
    out            requests to send
    events         what the log should say
    held           how many jobs of each queue wait for their next attempt
    now            the time of the latest call
    next_deadline  when the next job is due
    is_exiting     the worker is about to end: nothing is done later
    """

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.out: list[Request] = []
        self.events: list[JobEvent] = []
        self.held: Counter[bytes] = Counter()
        self.now = 0.0
        self.next_deadline = inf
        self.is_exiting = False

    def ask(self, job: Job, *words: bytes | str | int) -> None:
        """Send a request to the node that delivered the job."""
        self.out.append(Request(words, job.node, job))

    def report(self, kind: EventKind, job: Job, why: str = "", seconds: float | None = None) -> None:
        """Add an event for the log."""
        self.events.append(JobEvent(kind, job, job.failure, why, seconds))

    def schedule(self, job: Job) -> None:
        """Make sure that `next_deadline` is not later than what is due for this job."""
        if job.working_at is not None:
            self.next_deadline = min(self.next_deadline, job.working_at)
        self.next_deadline = min(self.next_deadline, job.due_at)

    def wait(self, job: Job, state: State, seconds: float) -> None:
        """Do nothing about the job for this long, except keep it."""
        job.state = state
        job.due_at = self.now + seconds
        self.schedule(job)

    def hold(self, job: Job, seconds: float) -> None:
        """Hold the job until its next attempt."""
        self.held[job.queue] += 1
        self.wait(job, HELD, seconds)

    def release(self, job: Job) -> None:
        """Hold the job no longer."""
        self.held[job.queue] -= 1
        job.state = RUNNING
        job.due_at = inf

    def put_back(self, job: Job, verb: bytes) -> None:
        """Return the job to its queue, by NACK or ENQUEUE."""
        job.state = RETURNED
        job.working_at = None
        job.due_at = inf
        self.ask(job, verb, job.id)

    def abandon(self, job: Job, why: str) -> None:
        """Do nothing more: the job is delivered again after its retry time, if its node still has it."""
        self.forget(job)
        self.report("left", job, why)

    def forget(self, job: Job) -> None:
        """The job is no longer in the worker's hands."""
        if job.state == HELD:
            self.held[job.queue] -= 1
        self.jobs.pop(job.id, None)
