"""The jobs in the worker's hands: what to ask of their nodes, and what the replies mean.

No sockets and no processes: requests are collected for `requests`, replies and the time are passed in, and
what the log should say is collected in `events`. A job is in the worker's hands from `take` until its node
has confirmed its outcome. Most requests go to the node that delivered the job. A request that failed is not
repeated if that could do harm: the job is abandoned, and is delivered again after its retry time. A job that
is past its retries is not left for others to run as long as the worker can prevent it.
"""

from __future__ import annotations

from math import inf

from disquectl.errors import ReplyError
from disquectl.worker.acknowledge import Acknowledge
from disquectl.worker.failed_jobs import SOON_SECONDS, FailedJobs
from disquectl.worker.job import ACKNOWLEDGING, HELD, LETTER_REFUSED, RETURNED, Request
from disquectl.worker.job_table import JobTable
from disquectl.worker.keep_alive import TOO_LATE, UNKNOWN, KeepAlive
from disquectl.worker.retry_policy import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan


# Requests of FailedJobs; SHOW without a job is for an acknowledgement.
_ABOUT_FAILED_JOBS = (b"TIME", b"SHOW", b"HELLO", b"ADDJOB")


class JobLifecycle:
    """`nodes` returns the nodes that are known now, up or not; `id_of` the ID of one, or an empty string.

    `random` returns a number from 0 to below 1, for the backoff. Times are seconds on the worker's clock.

    jobs    the jobs in the worker's hands, by ID
    events  what the log should say; the caller clears it
    held    how many jobs of each queue wait for their next attempt
    """

    def __init__(
        self,
        plan: Plan,
        random: Callable[[], float],
        nodes: Callable[[], Sequence[Node]] = tuple,
        id_of: Callable[[Node], str] = lambda _: "",
    ) -> None:
        self._plan = plan
        self._table = table = JobTable()
        self.jobs, self.events, self.held = table.jobs, table.events, table.held
        self._acknowledge = Acknowledge(nodes, id_of, table.out, self._settled)
        self._keep_alive = KeepAlive(nodes, table.out)
        self._failed_jobs = FailedJobs(plan, table, random, nodes, finished=self.succeeded)

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        return min(self._table.next_deadline, self._acknowledge.next_deadline)

    @property
    def busy(self) -> bool:
        """Whether anything is going on but waiting for a later time.

        A job that no node has acknowledged counts only for the grace time: its node may never come back.
        """
        if (
            self._acknowledge.done
            or self._keep_alive.is_waiting
            or self._acknowledge.is_searching(self._table.now)
        ):
            return True
        since = self._table.now - self._plan.grace
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
        self._table.now = now
        self._acknowledge.taken(job)
        known = self.jobs.get(job.id)
        if known is not None and known.state != RETURNED:
            self._redelivered(known, job, now)
            return False
        if known is None and job.id in self._acknowledge.remembered:
            self._table.report(
                "already done", job, "it was acknowledged, and now is at every node that has it"
            )
            self._acknowledge.acknowledge_everywhere(job, now)
            return False
        self.jobs[job.id] = job
        self._keep_alive.ask(job, now)
        return True

    def has_acknowledged(self, job_id: str) -> bool:
        """Whether this job was acknowledged not long ago."""
        return job_id in self._acknowledge.remembered

    def remember(self, job_ids: Iterable[str], now: float) -> None:
        """These were delivered and acknowledged without having been taken."""
        for job_id in job_ids:
            self._acknowledge.remembered.add(job_id, now)

    def may_search(self, now: float) -> bool:
        """Whether other nodes are to be asked for replicas of a job that is acknowledged now."""
        return self._acknowledge.may_search(now)

    def take_done(self, jobs: Iterable[Job]) -> None:
        """These were delivered and are done, without having been taken: wait for their acknowledgement."""
        for job in jobs:
            self._acknowledge.taken(job)
            job.state = ACKNOWLEDGING
            self.jobs[job.id] = job

    def keep(self, job: Job, now: float) -> None:
        """Send WORKING for a job that was taken, although it is not due yet."""
        self._table.now = now
        self._keep_alive.ask(job, now)

    def release_held(self) -> list[tuple[Job, float]]:
        """Return the jobs that wait for their next attempt or dead letter, with the seconds until then.

        Another process keeps them from now on.
        """
        held = [job for job in self.jobs.values() if job.state in (HELD, LETTER_REFUSED)]
        for job in held:
            self._table.forget(job)
        return [(job, max(job.due_at - self._table.now, 0.0)) for job in held]

    def adopt(self, job: Job, seconds: float, now: float) -> None:
        """Keep a job that another process released, for this long."""
        state = job.state
        if not self.take(job, now):
            return
        # Its connections were those of the other process: ask its node whether it still has the job.
        job.connections_lost = -1
        if state == HELD:
            self._table.hold(job, seconds)
        else:
            self._table.wait(job, state, seconds)

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
        self._failed_jobs.add(job, failure)

    def interrupted(self, job: Job, failure: Failure) -> None:
        """The worker ends, and ended its command: put the job back. An at-most-once job has failed."""
        job.failure = failure
        if job.at_least_once:
            self._table.report("put back", job)
            # Not NACK, which would count as an attempt.
            self._table.put_back(job, b"ENQUEUE")
        else:
            self.failed(job, failure)

    def _settled(self, job: Job) -> None:
        known = self.jobs.get(job.id)
        if known is not None and known.state == ACKNOWLEDGING:
            del self.jobs[job.id]

    # Time

    def tick(self, now: float) -> None:
        """Send what is due: WORKING for jobs that run or are held, NACK for the next attempt."""
        self._table.now = now
        if now < self.next_deadline:
            return
        self._acknowledge.tick(now)
        self._table.next_deadline = inf
        for job in list(self.jobs.values()):
            if now >= job.due_at:
                self._failed_jobs.due(job)
            if job.working_at is not None and now >= job.working_at:
                self._keep_alive.ask(job, now)
            self._table.schedule(job)

    # The end of the worker

    def prepare_to_exit(self) -> None:
        """The worker is about to end: delay the delivery of held jobs as far as possible.

        WORKING restarts the retry time of a held job whose next attempt is later. A job that is past its
        retries and has no dead letter yet gets a NACK, which tells the next worker not to run it.
        """
        if self._table.is_exiting:
            return
        self._table.is_exiting = True
        jobs = list(self.jobs.values())
        self._keep_alive.ask_last(job for job in jobs if job.state == HELD)
        for job in jobs:
            job.due_at = inf
            if job.state == LETTER_REFUSED:
                self._failed_jobs.give_up_letter(job)

    def close(self) -> None:
        """Report the jobs that could not be acknowledged."""
        for job, is_acknowledged, nodes in self._acknowledge.unfinished():
            why = f"it is done, but {nodes} did not acknowledge it and may deliver it again"
            self._table.report("not acknowledged" if is_acknowledged else "left", job, why)
            self.jobs.pop(job.id, None)

    # Requests and replies

    def requests(self) -> list[Request]:
        """Return the requests to send now, each once."""
        if self._acknowledge.done:
            self._acknowledge.flush(self._table.now)
        requests = self._table.out[:]
        self._table.out.clear()
        return requests

    @property
    def has_requests(self) -> bool:
        """Whether there are requests to send."""
        return bool(self._table.out)

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A request was answered. Replies for jobs that we no longer hold are ignored."""
        self._table.now = now
        verb, job = request.words[0], request.job
        if request.about is not None:
            self._acknowledge.answered(request, reply, now)
        elif job is None or self.jobs.get(job.id) is not job:
            return
        elif verb == b"WORKING":
            self._working_answered(request.node, job, reply)
        elif verb in _ABOUT_FAILED_JOBS:
            self._failed_jobs.answered(request, reply, job)
        elif job.state == RETURNED:
            self._table.forget(job)
            if isinstance(reply, ReplyError):
                self._table.report("left", job, reply.message)

    def lost(self, requests: Iterable[Request], certainly_not_done: bool, node: Node | None = None) -> None:
        """These were not answered. `node` is the node whose connection was lost just now, if one was open."""
        if node is not None:
            self._acknowledge.connection_lost(node)
        for request in requests:
            job = request.job
            if request.about is not None:
                self._acknowledge.lost(request, self._table.now)
            elif job is not None and self.jobs.get(job.id) is job:
                self._lost(request, job, certainly_not_done)

    def _lost(self, request: Request, job: Job, certainly_not_done: bool) -> None:
        verb, table = request.words[0], self._table
        if verb == b"WORKING":
            self._keep_alive.lost(job, request.node, table.now)
            table.schedule(job)
        elif verb in _ABOUT_FAILED_JOBS:
            self._failed_jobs.lost(request, job)
        elif job.state == LETTER_REFUSED:
            # The NACK of a job whose dead letter is sent again later.
            return
        elif verb == b"NACK" and certainly_not_done and not table.is_exiting and job.may_wait(table.now):
            table.hold(job, SOON_SECONDS)
            self._keep_alive.ask(job, table.now)
        elif verb in (b"NACK", b"ENQUEUE"):
            sent = "could not be sent" if certainly_not_done else "was sent and not answered"
            table.abandon(job, f"{'NACK' if verb == b'NACK' else 'ENQUEUE'} {sent}")

    def _working_answered(self, node: Node, job: Job, reply: Reply) -> None:
        outcome = self._keep_alive.answered(job, node, reply, self._table.now)
        if outcome == TOO_LATE:
            self._failed_jobs.too_late(job)
        elif outcome == UNKNOWN:
            self._failed_jobs.unknown(job)
        elif job.retry:
            remembered = self._acknowledge.remembered
            remembered.seconds = max(remembered.seconds, job.retry)
        self._table.schedule(job)
