"""Jobs after a failed attempt: asks for their remaining TTL, then holds, dead-letters or abandons them.

No sockets: requests and events go to the table of jobs, replies are passed in. A job that is past its retries
is held until its dead letter is added, so that it is not run again.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from disquectl.worker.dead_queue import DeadQueue, seconds_until_sent_again
from disquectl.worker.job import ADDING_LETTER, CHECKING_TTL, HELD, LETTER_REFUSED
from disquectl.worker.lifetimes import Lifetimes
from disquectl.worker.retry_policy import ABANDON, DEAD_LETTER, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job, Request
    from disquectl.worker.job_table import JobTable
    from disquectl.worker.plan import Plan

# Until a node that could not be reached is asked again.
SOON_SECONDS = 1.0
_NOT_KNOWN = "its node does not know it"


class FailedJobs:
    """Calls `finished(job)` when a job can be acknowledged, because its dead letter is added or not wanted.

    `random` returns a number from 0 to below 1, for the backoff; `nodes` the nodes that are known now.
    """

    def __init__(
        self,
        plan: Plan,
        table: JobTable,
        random: Callable[[], float],
        nodes: Callable[[], Sequence[Node]],
        finished: Callable[[Job], object],
    ) -> None:
        self._plan = plan
        self._table = table
        self._random = random
        self._nodes = nodes
        self._finished = finished
        self._lifetimes = Lifetimes(table.out)
        self._dead_queue = DeadQueue(plan, nodes, table.out, added=self._added, refused=self._refused)

    def add(self, job: Job, failure: Failure) -> None:
        """An attempt failed: ask for the remaining TTL of the job, then decide."""
        job.failure = failure
        self._check_ttl(job)

    def due(self, job: Job) -> None:
        """Its time has come: put a held job back for its next attempt, or ask for its TTL again."""
        if job.state == HELD:
            self._table.release(job)
            self._table.put_back(job, b"NACK")
        else:
            self._check_ttl(job)

    def answered(self, request: Request, reply: Reply, job: Job) -> None:
        """A node answered TIME, SHOW, HELLO or ADDJOB."""
        verb = request.words[0]
        if verb == b"TIME":
            self._lifetimes.time_answered(request.node, reply, self._table.now)
        elif verb == b"SHOW":
            self._shown(request.node, job, reply)
        elif job.state == ADDING_LETTER:
            self._dead_queue.answered(request, reply, job)

    def lost(self, request: Request, job: Job) -> None:
        """One of these requests was not answered."""
        verb, node = request.words[0], request.node
        if verb == b"SHOW" and node == job.node and job.state == CHECKING_TTL:
            if self._table.is_exiting:
                self._table.abandon(job, f"{node} did not answer")
                return
            self._table.wait(job, CHECKING_TTL, SOON_SECONDS)
            for other in self._nodes():
                if other != node:
                    self._lifetimes.ask(job, other)
        elif verb in (b"HELLO", b"ADDJOB") and job.state == ADDING_LETTER:
            self._refused(job, f"{node} did not answer")

    def too_late(self, job: Job) -> None:
        """WORKING was refused: half of the TTL has passed, so the job can be held no longer."""
        table = self._table
        if not job.too_late:
            table.report("too late", job, "half of its TTL has passed: other consumers may get it, too")
        job.too_late = True
        if job.state == HELD:
            table.release(job)
            self._dead_letter(job)
        elif job.state == LETTER_REFUSED and job.nacks <= self._plan.max_retries:
            # Others may get it from now on; NACK tells them not to run it.
            job.nacks = self._plan.max_retries + 1
            table.ask(job, b"NACK", job.id)

    def unknown(self, job: Job) -> None:
        """The node that delivered the job does not know it."""
        self._table.report("unknown", job, _NOT_KNOWN)
        if job.state == HELD or (job.state == LETTER_REFUSED and not self._has_expired(job)):
            self._table.forget(job)

    def give_up_letter(self, job: Job) -> None:
        """The worker ends: leave the dead letter of this job to the next worker."""
        self._table.report("left", job, "its dead letter could not be added; the next worker adds it")
        if job.nacks <= self._plan.max_retries and job.at_least_once:
            self._table.put_back(job, b"NACK")
        else:
            self._table.forget(job)

    def _check_ttl(self, job: Job) -> None:
        job.state = CHECKING_TTL
        job.due_at = inf
        self._lifetimes.ask(job, job.node)

    def _shown(self, node: Node, job: Job, reply: Reply) -> None:
        table = self._table
        if job.state != CHECKING_TTL or job.failure is None:
            return
        found = self._lifetimes.life(node, reply, table.now)
        if found is None:
            if node == job.node and job.letter_refusals and self._has_expired(job):
                self._dead_letter(job)
            elif node == job.node:
                table.abandon(job, _NOT_KNOWN)
            return
        job.life, server_now = found
        held, plan = table.held[job.queue], self._plan
        decision = decide(job, job.life, server_now, held=held, plan=plan, random=self._random())
        if decision.action == DEAD_LETTER:
            job.dead_reason = job.dead_reason or decision.why
            self._dead_letter(job)
        elif decision.action == ABANDON:
            table.abandon(job, decision.why)
        else:
            table.report("failed", job, seconds=decision.seconds)
            table.hold(job, decision.seconds)

    def _has_expired(self, job: Job) -> bool:
        """Whether its TTL has passed: its node forgot it for that reason, so it still needs a dead letter."""
        return self._lifetimes.has_expired(job, self._table.now)

    def _dead_letter(self, job: Job) -> None:
        """Add the dead letter; once it is in the dead queue, the job is acknowledged."""
        if not self._plan.keep_dead:
            self._added(job)
            return
        job.dead_reason = job.dead_reason or "half of its TTL has passed"
        job.state = ADDING_LETTER
        self._dead_queue.add(job)

    def _added(self, job: Job) -> None:
        assert job.failure is not None
        self._table.report("dead", job, job.failure.why or job.dead_reason)
        self._finished(job)

    def _refused(self, job: Job, why: str) -> None:
        """The dead letter is sent again later. Until then the job is held, since it must not be run again."""
        job.letter_refusals += 1
        seconds = seconds_until_sent_again(job.letter_refusals)
        why = f"its dead letter could not be added: {why}"
        self._table.report("letter refused", job, why, seconds=seconds)
        self._table.wait(job, LETTER_REFUSED, seconds)
        if self._table.is_exiting:
            self.give_up_letter(job)
