"""The jobs in the worker's hands: what to ask of their nodes, and what the replies mean.

No sockets and no processes: requests are collected for `requests`, replies and the time are passed in, and
what the log should say is collected in `events`. A job is in the worker's hands from `take` until its node
has confirmed its outcome. Most requests go to the node that delivered the job. A request that failed is not
repeated if that could do harm: the job is abandoned, and is delivered again after its retry time. A job that
is past its retries is not left for others to run as long as the worker can prevent it.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from disquectl.errors import ReplyError
from disquectl.worker.acknowledge import Acknowledge
from disquectl.worker.dead_queue import DeadQueue, seconds_until_sent_again
from disquectl.worker.job import (
    ACKNOWLEDGING,
    ADDING_LETTER,
    CHECKING_TTL,
    HELD,
    LETTER_REFUSED,
    RETURNED,
    RUNNING,
    JobEvent,
    Request,
)
from disquectl.worker.keep_alive import TOO_LATE, UNKNOWN, KeepAlive
from disquectl.worker.lifetimes import Lifetimes
from disquectl.worker.retry_policy import ABANDON, DEAD_LETTER, decide, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import EventKind, Failure, Job, State
    from disquectl.worker.plan import Plan

# Until a node that could not be reached is asked again.
_SOON_SECONDS = 1.0
_NOT_KNOWN = "its node does not know it"


class JobLifecycle:
    """`nodes` returns the nodes that are known now, up or not; `id_of` the ID of one, or an empty string.

    `random` returns a number from 0 to below 1, for the backoff. Times are seconds on the worker's clock.
    """

    def __init__(
        self,
        plan: Plan,
        random: Callable[[], float],
        nodes: Callable[[], Sequence[Node]] = tuple,
        id_of: Callable[[Node], str] = lambda _: "",
    ) -> None:
        self.jobs: dict[str, Job] = {}
        self.out: list[Request] = []
        self.events: list[JobEvent] = []
        self.held: Counter[bytes] = Counter()
        self._next_deadline = inf
        self._plan = plan
        self._random = random
        self._nodes = nodes
        self._acknowledge = Acknowledge(nodes, id_of, self.out, lambda job: self.jobs.pop(job.id, None))
        self._dead_queue = DeadQueue(plan, nodes, self.out, added=self._added, refused=self._refused)
        self._lifetimes = Lifetimes(self.out)
        self._keep_alive = KeepAlive(nodes, self.out)
        self._now = 0.0
        self._is_exiting = False

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        return min(self._next_deadline, self._acknowledge.next_deadline)

    @property
    def busy(self) -> bool:
        """Whether anything is going on but waiting for a later time.

        A job that no node has acknowledged counts only for the grace time: its node may never come back.
        """
        if self._acknowledge.done or self._keep_alive.is_waiting or self._acknowledge.is_searching(self._now):
            return True
        since = self._now - self._plan.grace
        return any(
            job.state not in (HELD, LETTER_REFUSED)
            and not (job.state == ACKNOWLEDGING and self._acknowledge.is_waiting(job.id, since))
            for job in self.jobs.values()
        )

    def full_queues(self) -> set[bytes]:
        """The queues from which to take no more jobs, because as many are held as `--hold` allows."""
        return {queue for queue, count in self.held.items() if count >= self._plan.hold}

    # What happens to a job

    def take(self, job: Job, now: float) -> bool:
        """A job was delivered; returns whether to run it."""
        self._now = now
        self._acknowledge.taken(job)
        known = self.jobs.get(job.id)
        if known is not None and known.state != RETURNED:
            self._redelivered(known, job, now)
            return False
        if known is None and job.id in self._acknowledge.remembered:
            self._report("already done", job, "it was acknowledged, and now is at every node that has it")
            self._acknowledge.acknowledge_everywhere(job, now)
            return False
        self.jobs[job.id] = job
        self._keep_alive.ask(job, now)
        return True

    def _redelivered(self, known: Job, job: Job, now: float) -> None:
        """It was delivered although it is in our hands: WORKING takes it out of the queue again."""
        if job.node != known.node:
            known.earlier_nodes = (*known.earlier_nodes, known.node)
            known.node = job.node
            if known.state == ACKNOWLEDGING:
                self._acknowledge.acknowledge_at(known, [job.node], now)
        known.connections_lost = job.connections_lost
        self._keep_alive.ask(known, now)

    def refusal(self, job: Job) -> str:
        """Why not to run a job that was taken: it is past its retries. Empty if it may be run."""
        job.dead_reason = refusal(job, self._plan)
        job.was_run = not job.dead_reason
        return job.dead_reason

    def succeeded(self, job: Job) -> None:
        """Its command succeeded: acknowledge it."""
        job.state = ACKNOWLEDGING
        self._acknowledge.done.append(job)

    def failed(self, job: Job, failure: Failure) -> None:
        """An attempt failed: ask for the remaining TTL of the job, then decide."""
        job.failure = failure
        self._ask_about(job)

    def _ask_about(self, job: Job) -> None:
        job.state = CHECKING_TTL
        job.due_at = inf
        self._lifetimes.ask(job, job.node)

    def interrupted(self, job: Job, failure: Failure) -> None:
        """The worker ends, and ended its command: put the job back. An at-most-once job has failed."""
        job.failure = failure
        if job.at_least_once:
            self._report("put back", job)
            # Not NACK, which would count as an attempt.
            self._put_back(job, b"ENQUEUE")
        else:
            self.failed(job, failure)

    # Time

    def tick(self, now: float) -> None:
        """Send what is due: WORKING for jobs that run or are held, NACK for the next attempt."""
        self._now = now
        if now < self.next_deadline:
            return
        self._acknowledge.tick(now)
        self._next_deadline = inf
        for job in list(self.jobs.values()):
            if now >= job.due_at and not self._is_exiting:
                if job.state == HELD:
                    self._release(job)
                    self._put_back(job, b"NACK")
                    continue
                self._ask_about(job)
            if job.working_at is not None and now >= job.working_at:
                self._keep_alive.ask(job, now)
            self._schedule(job)

    def _schedule(self, job: Job) -> None:
        if job.working_at is not None:
            self._next_deadline = min(self._next_deadline, job.working_at)
        if not self._is_exiting:
            self._next_deadline = min(self._next_deadline, job.due_at)

    def _wait(self, job: Job, state: State, seconds: float) -> None:
        job.state = state
        job.due_at = self._now + seconds
        self._schedule(job)

    # The end of the worker

    def prepare_to_exit(self) -> None:
        """The worker is about to end: delay the delivery of held jobs as far as possible.

        WORKING restarts the retry time of a held job whose next attempt is later. A job that is past its
        retries and has no dead letter yet gets a NACK, which tells the next worker not to run it.
        """
        if self._is_exiting:
            return
        self._is_exiting = True
        jobs = list(self.jobs.values())
        self._keep_alive.ask_last(job for job in jobs if job.state == HELD)
        for job in jobs:
            job.due_at = inf
            if job.state == LETTER_REFUSED:
                self._give_up_letter(job)

    def close(self) -> None:
        """Report the jobs that could not be acknowledged."""
        for job, is_acknowledged, nodes in self._acknowledge.unfinished():
            why = f"it is done, but {nodes} did not acknowledge it and may deliver it again"
            self._report("not acknowledged" if is_acknowledged else "left", job, why)
            self.jobs.pop(job.id, None)

    def _give_up_letter(self, job: Job) -> None:
        self._report("left", job, "its dead letter could not be added; the next worker adds it")
        if job.nacks <= self._plan.max_retries and job.at_least_once:
            self._put_back(job, b"NACK")
        else:
            self._forget(job)

    # Answers

    def requests(self) -> list[Request]:
        """Return the requests to send now, each once."""
        if self._acknowledge.done:
            self._acknowledge.flush(self._now)
        out = self.out[:]
        self.out.clear()
        return out

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A request was answered. Replies for jobs that we no longer hold are ignored."""
        self._now = now
        verb, job = request.words[0], request.job
        if request.about is not None:
            self._acknowledge.answered(request, reply, now)
        elif job is None or self.jobs.get(job.id) is not job:
            return
        elif verb == b"WORKING":
            self._working_answered(request.node, job, reply)
        elif verb == b"TIME":
            self._lifetimes.time_answered(request.node, reply, now)
        elif verb == b"SHOW":
            self._shown(request.node, job, reply)
        elif verb in (b"HELLO", b"ADDJOB"):
            if job.state == ADDING_LETTER:
                self._dead_queue.answered(request, reply, job)
        elif job.state == RETURNED:
            self._forget(job)
            if isinstance(reply, ReplyError):
                self._report("left", job, reply.message)

    def lost(self, requests: Iterable[Request], certainly_not_done: bool, node: Node | None = None) -> None:
        """These were not answered. `node` is the node whose connection was lost just now, if one was open."""
        if node is not None:
            self._acknowledge.connection_lost(node)
        for request in requests:
            job = request.job
            if request.about is not None:
                self._acknowledge.lost(request, self._now)
            elif job is not None and self.jobs.get(job.id) is job:
                self._lost(request, job, certainly_not_done)

    def _lost(self, request: Request, job: Job, certainly_not_done: bool) -> None:
        verb, is_own_node = request.words[0], request.node == job.node
        if verb == b"WORKING":
            self._keep_alive.lost(job, request.node, self._now)
            self._schedule(job)
        elif verb == b"SHOW" and is_own_node and job.state == CHECKING_TTL:
            if self._is_exiting:
                self._abandon(job, f"{request.node} did not answer")
                return
            self._wait(job, CHECKING_TTL, _SOON_SECONDS)
            for node in self._nodes():
                if node != request.node:
                    self._lifetimes.ask(job, node)
        elif verb in (b"HELLO", b"ADDJOB") and job.state == ADDING_LETTER:
            self._refused(job, f"{request.node} did not answer")
        elif job.state == LETTER_REFUSED:
            # The NACK of a job whose dead letter is sent again later.
            return
        elif verb == b"NACK" and certainly_not_done and not self._is_exiting and job.may_wait(self._now):
            self.held[job.queue] += 1
            self._wait(job, HELD, _SOON_SECONDS)
            self._keep_alive.ask(job, self._now)
        elif verb in (b"NACK", b"ENQUEUE"):
            sent = "could not be sent" if certainly_not_done else "was sent and not answered"
            self._abandon(job, f"{'NACK' if verb == b'NACK' else 'ENQUEUE'} {sent}")

    def _working_answered(self, node: Node, job: Job, reply: Reply) -> None:
        outcome = self._keep_alive.answered(job, node, reply, self._now)
        if outcome == TOO_LATE:
            self._too_late(job)
        elif outcome == UNKNOWN:
            self._report("unknown", job, _NOT_KNOWN)
            if job.state == HELD or (job.state == LETTER_REFUSED and not self._has_expired(job)):
                self._forget(job)
        elif job.retry:
            remembered = self._acknowledge.remembered
            remembered.seconds = max(remembered.seconds, job.retry)
        self._schedule(job)

    def _has_expired(self, job: Job) -> bool:
        """Whether its TTL has passed: its node forgot it for that reason, so it still needs a dead letter."""
        return self._lifetimes.has_expired(job, self._now)

    def _too_late(self, job: Job) -> None:
        if not job.too_late:
            self._report("too late", job, "half of its TTL has passed: other consumers may get it, too")
        job.too_late = True
        if job.state == HELD:
            self._release(job)
            self._dead_letter(job)
        elif job.state == LETTER_REFUSED and job.nacks <= self._plan.max_retries:
            # Others may get it from now on; NACK tells them not to run it.
            job.nacks = self._plan.max_retries + 1
            self._ask(job, b"NACK", job.id)

    def _shown(self, node: Node, job: Job, reply: Reply) -> None:
        if job.state != CHECKING_TTL or job.failure is None:
            return
        found = self._lifetimes.life(node, reply, self._now)
        if found is None:
            if node == job.node and job.letter_refusals and self._has_expired(job):
                self._dead_letter(job)
            elif node == job.node:
                self._abandon(job, _NOT_KNOWN)
            return
        job.life, server_now = found
        decision = decide(
            job, job.life, server_now, held=self.held[job.queue], plan=self._plan, random=self._random()
        )
        if decision.action == DEAD_LETTER:
            job.dead_reason = job.dead_reason or decision.why
            self._dead_letter(job)
        elif decision.action == ABANDON:
            self._abandon(job, decision.why)
        else:
            self.held[job.queue] += 1
            self._report("failed", job, seconds=decision.seconds)
            self._wait(job, HELD, decision.seconds)

    def _release(self, job: Job) -> None:
        self.held[job.queue] -= 1
        job.state = RUNNING
        job.due_at = inf

    def _put_back(self, job: Job, verb: bytes) -> None:
        job.state = RETURNED
        job.working_at = None
        job.due_at = inf
        self._ask(job, verb, job.id)

    # The dead queue

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
        self._report("dead", job, job.failure.why or job.dead_reason)
        self.succeeded(job)

    def _refused(self, job: Job, why: str) -> None:
        """The dead letter is sent again later. Until then the job is held, since it must not be run again."""
        job.letter_refusals += 1
        seconds = seconds_until_sent_again(job.letter_refusals)
        self._report("letter refused", job, f"its dead letter could not be added: {why}", seconds=seconds)
        self._wait(job, LETTER_REFUSED, seconds)
        if self._is_exiting:
            self._give_up_letter(job)

    # The end of a job here

    def _abandon(self, job: Job, why: str) -> None:
        """Do nothing more: it is delivered again after its retry time, unless its node has forgotten it."""
        self._forget(job)
        self._report("left", job, why)

    def _forget(self, job: Job) -> None:
        if job.state == HELD:
            self.held[job.queue] -= 1
        self.jobs.pop(job.id, None)

    def _ask(self, job: Job, *words: bytes | str | int) -> None:
        self.out.append(Request(words, job.node, job))

    def _report(self, kind: EventKind, job: Job, why: str = "", seconds: float | None = None) -> None:
        self.events.append(JobEvent(kind, job, job.failure, why, seconds))
