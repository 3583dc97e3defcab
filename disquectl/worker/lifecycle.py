"""The jobs in the worker's hands: what is to be asked of their nodes, and what the answers mean.

No sockets and no processes: requests are collected for whoever sends them (`requests`), answers and the time
are passed in, and what people should know is collected in `told`. A job is the worker's from `take` until its
node has confirmed what became of it. Each request goes to one node, most to the one that gave the job. What
fails on the way is never repeated where that could matter: the job is left, and comes back after its retry
time. A job that is past its retries is never left to be run again while the worker can prevent it.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from disquectl.errors import ReplyError
from disquectl.worker.acknowledge import Acknowledge
from disquectl.worker.dead_queue import DeadQueue, seconds_until_sent_again
from disquectl.worker.job import ASKING, DYING, HELD, LEAVING, PENDING, RETURNED, RUNNING, Request
from disquectl.worker.lifetimes import Lifetimes
from disquectl.worker.news import JobEvent
from disquectl.worker.retry_policy import ABANDON, DEAD_LETTER, decide, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan

# Where the retry time is not known yet, since WORKING was not answered; and until a lost node is asked again.
_SOON_SECONDS = 1.0
_WORKING_SHARE = 3


class JobLifecycle:
    """See the module. `next_look` is when `tick` has something to do, on the worker's clock.

    `nodes` gives the nodes that are known now, up or not; `id_of` the ID of one, or an empty text.
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
        self.told: list[JobEvent] = []
        self.held: Counter[bytes] = Counter()
        self._next_look = inf
        self._plan = plan
        self._random = random
        self._nodes = nodes
        self._acknowledge = Acknowledge(nodes, id_of, self.out, lambda job: self.jobs.pop(job.id, None))
        self._dead_queue = DeadQueue(plan, nodes, self.out, added=self._added, refused=self._refused)
        self._lifetimes = Lifetimes(self.out)
        self._now = 0.0
        self._has_parted = False
        # Jobs whose last WORKING has no answer yet.
        self._parting: set[str] = set()

    @property
    def next_look(self) -> float:
        """When `tick` has something to do."""
        return min(self._next_look, self._acknowledge.next_look)

    @property
    def busy(self) -> bool:
        """Whether something else than waiting for a later time is going on.

        A job that no node has acknowledged counts for the grace time only: its node may never come back.
        """
        if self._acknowledge.done or self._parting or self._acknowledge.is_looking(self._now):
            return True
        since = self._now - self._plan.grace
        return any(
            job.state not in (HELD, PENDING)
            and not (job.state == LEAVING and self._acknowledge.is_waiting(job.id, since))
            for job in self.jobs.values()
        )

    def full_queues(self) -> set[bytes]:
        """The queues that no more jobs are taken from: as many of theirs are held as may be."""
        return {queue for queue, count in self.held.items() if count >= self._plan.hold}

    # What happens to a job

    def take(self, job: Job, now: float) -> bool:
        """A job has come; whether it is to be run."""
        self._now = now
        self._acknowledge.seen(job)
        known = self.jobs.get(job.id)
        if known is not None and known.state != RETURNED:
            self._came_again(known, job, now)
            return False
        if known is None and job.id in self._acknowledge.remembered:
            self._tell("already done", job, "it was acknowledged: now at every node that has it")
            self._acknowledge.again(job, now)
            return False
        self.jobs[job.id] = job
        self._keep(job, now)
        return True

    def _came_again(self, known: Job, job: Job, now: float) -> None:
        """It came back although it is in our hands: WORKING takes it out of the queue again."""
        if job.home != known.home:
            known.earlier_homes = (*known.earlier_homes, known.home)
            known.home = job.home
            if known.state == LEAVING:
                self._acknowledge.owe(known, [job.home], now)
        known.breaks = job.breaks
        self._keep(known, now)

    def refusal(self, job: Job) -> str:
        """Why a job that was taken is not to be run, or an empty text: it is past its retries."""
        job.condemned = refusal(job, self._plan)
        job.was_run = not job.condemned
        return job.condemned

    def succeeded(self, job: Job) -> None:
        """Its command ended well."""
        job.state = LEAVING
        self._acknowledge.done.append(job)

    def failed(self, job: Job, failure: Failure) -> None:
        """An attempt failed: ask how long the job may still live, and then decide."""
        job.failure = failure
        self._ask_about(job)

    def _ask_about(self, job: Job) -> None:
        job.state = ASKING
        job.due_at = inf
        self._lifetimes.ask(job, job.home)

    def interrupted(self, job: Job, failure: Failure) -> None:
        """The worker must leave and ended its command: put the job back; bury what cannot be put back."""
        job.failure = failure
        if job.at_least_once:
            self._tell("put back", job)
            # Not NACK: that would count as an attempt.
            self._put_back(job, b"ENQUEUE")
        else:
            self.failed(job, failure)

    # Time

    def tick(self, now: float) -> None:
        """Do what is due: WORKING for what runs or is held, NACK for what is to be tried again."""
        self._now = now
        if now < self.next_look:
            return
        self._acknowledge.tick(now)
        self._next_look = inf
        for job in list(self.jobs.values()):
            if now >= job.due_at and not self._has_parted:
                if job.state == HELD:
                    self._release(job)
                    self._put_back(job, b"NACK")
                    continue
                self._ask_about(job)
            if job.working_at is not None and now >= job.working_at:
                self._keep(job, now)
            self._look_at(job)

    def _keep(self, job: Job, now: float) -> None:
        """Tell the node that somebody works on it, so that nobody else gets it."""
        job.working_at = None
        if not job.at_least_once or job.state in (LEAVING, RETURNED):
            return
        job.asked_working_at = now
        self._ask(job, b"WORKING", job.id)

    def _look_at(self, job: Job) -> None:
        if job.working_at is not None:
            self._next_look = min(self._next_look, job.working_at)
        self._next_look = min(self._next_look, job.due_at)

    def _wait(self, job: Job, state: str, seconds: float) -> None:
        job.state = state
        job.due_at = self._now + seconds
        self._look_at(job)

    # The end of the worker

    def part(self) -> None:
        """The worker is about to end: what waits for a later time is to come back as late as may be.

        WORKING restarts the retry clock of a held job whose time comes after that. A job that is past its
        retries and has no letter yet gets a NACK, which tells the next worker not to run it.
        """
        if self._has_parted:
            return
        self._has_parted = True
        for job in list(self.jobs.values()):
            if job.state == PENDING:
                self._give_up_letter(job)
            elif job.state == HELD and job.asked_working_at + (job.retry or 0) < job.due_at:
                self._parting.add(job.id)
                self._ask(job, b"WORKING", job.id)
            job.due_at = inf

    def close(self) -> None:
        """Say what could not be acknowledged."""
        for job, is_known, nodes in self._acknowledge.unfinished():
            why = f"it is done, and {nodes} did not acknowledge it and may deliver it again"
            self._tell("not acknowledged" if is_known else "left", job, why)
            self.jobs.pop(job.id, None)

    def _give_up_letter(self, job: Job) -> None:
        self._tell("left", job, "its dead letter could not be added; the next worker adds it")
        if job.nacks <= self._plan.max_retries and job.at_least_once:
            self._put_back(job, b"NACK")
        else:
            self._forget(job)

    # Answers

    def requests(self) -> list[Request]:
        """What is to be sent now; asking again gives what has come up since."""
        if self._acknowledge.done:
            self._acknowledge.flush(self._now)
        out = self.out[:]
        self.out.clear()
        return out

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A request was answered. Replies for jobs that are no longer ours are ignored."""
        self._now = now
        verb, job = request.words[0], request.job
        if request.about is not None:
            self._acknowledge.answered(request, reply, now)
        elif job is None or self.jobs.get(job.id) is not job:
            return
        elif verb == b"WORKING":
            self._postponed(request.home, job, reply)
        elif verb == b"TIME":
            self._lifetimes.told_time(request.home, reply, now)
        elif verb == b"SHOW":
            self._shown(request.home, job, reply)
        elif verb in (b"HELLO", b"ADDJOB"):
            if job.state == DYING:
                self._dead_queue.answered(request, reply, job)
        elif job.state == RETURNED:
            self._forget(job)
            if isinstance(reply, ReplyError):
                self._tell("left", job, reply.message)

    def lost(self, requests: Iterable[Request], certainly_not_done: bool, node: Node | None = None) -> None:
        """These were not answered. `node`: its connection was lost just now."""
        if node is not None:
            self._acknowledge.broke(node)
        for request in requests:
            job = request.job
            if request.about is not None:
                self._acknowledge.lost(request, self._now)
            elif job is not None and self.jobs.get(job.id) is job:
                self._lost(request, job, certainly_not_done)

    def _lost(self, request: Request, job: Job, certainly_not_done: bool) -> None:
        verb, at_home = request.words[0], request.home == job.home
        others = [node for node in self._nodes() if node != request.home] if at_home else []
        if verb == b"WORKING":
            self._postponed(request.home, job, None)
            # Another node with a replica may queue it, too.
            if not self._has_parted:
                self.out += [Request((b"WORKING", job.id), node, job) for node in others]
        elif verb == b"SHOW" and at_home and job.state == ASKING:
            self._wait(job, ASKING, _SOON_SECONDS)
            for node in others:
                self._lifetimes.ask(job, node)
        elif verb in (b"HELLO", b"ADDJOB") and job.state == DYING:
            self._refused(job, f"{request.home} did not answer")
        elif job.state == PENDING:
            # The NACK of a letter that waits.
            return
        elif verb == b"NACK" and certainly_not_done and not self._has_parted and job.may_wait(self._now):
            self.held[job.queue] += 1
            self._wait(job, HELD, _SOON_SECONDS)
            self._keep(job, self._now)
        elif verb in (b"NACK", b"ENQUEUE"):
            sent = "could not be sent" if certainly_not_done else "was sent and not answered"
            self._leave(job, f"{'NACK' if verb == b'NACK' else 'ENQUEUE'} {sent}")

    def _postponed(self, node: Node, job: Job, reply: Reply) -> None:
        """WORKING was answered, or lost (None)."""
        if self._has_parted:
            self._parting.discard(job.id)
            return
        if job.state in (LEAVING, RETURNED):
            return
        at_home = node == job.home
        code = reply.code if isinstance(reply, ReplyError) else ""
        if isinstance(reply, int):
            job.retry = reply
            self._acknowledge.remembered.seconds = max(self._acknowledge.remembered.seconds, reply)
            if reply:
                job.working_at = job.asked_working_at + reply / _WORKING_SHARE
        elif code == "TOOLATE":
            self._too_late(job)
        elif not at_home:
            return
        elif code == "NOJOB":
            self._tell("unknown", job, "its node does not know it any more")
            if job.state in (HELD, PENDING):
                self._forget(job)
        else:
            job.working_at = self._now + min((job.retry or _SOON_SECONDS) / _WORKING_SHARE, _SOON_SECONDS)
        self._look_at(job)

    def _too_late(self, job: Job) -> None:
        if not job.too_late:
            self._tell("too late", job, "half of its TTL is over: others may get it, too")
        job.too_late = True
        if job.state == HELD:
            self._release(job)
            self._bury(job)
        elif job.state == PENDING and job.nacks <= self._plan.max_retries:
            # Others may get it from now on. This tells them not to run it.
            job.nacks = self._plan.max_retries + 1
            self._ask(job, b"NACK", job.id)

    def _shown(self, node: Node, job: Job, reply: Reply) -> None:
        if job.state != ASKING or job.failure is None:
            return
        found = self._lifetimes.life(node, reply, self._now)
        if found is None:
            if node == job.home:
                self._leave(job, "its node does not know it any more")
            return
        job.life, server_now = found
        judged = decide(
            job, job.life, server_now, held=self.held[job.queue], plan=self._plan, random=self._random()
        )
        if judged.act == DEAD_LETTER:
            job.condemned = job.condemned or judged.why
            self._bury(job)
        elif judged.act == ABANDON:
            self._leave(job, judged.why)
        else:
            self.held[job.queue] += 1
            self._tell("failed", job, seconds=judged.seconds)
            self._wait(job, HELD, judged.seconds)

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

    def _bury(self, job: Job) -> None:
        """Write the letter; the job is acknowledged once that is in the dead queue."""
        if not self._plan.keep_dead:
            self._added(job)
            return
        job.condemned = job.condemned or "half of its TTL is over"
        job.state = DYING
        self._dead_queue.add(job)

    def _added(self, job: Job) -> None:
        assert job.failure is not None
        self._tell("dead", job, job.failure.why or job.condemned)
        self.succeeded(job)

    def _refused(self, job: Job, why: str) -> None:
        """The letter is sent again later. Until then the job is held, since it must not be run again."""
        job.refused += 1
        seconds = seconds_until_sent_again(job.refused)
        self._tell("not buried", job, f"the dead queue did not take it: {why}", seconds=seconds)
        self._wait(job, PENDING, seconds)
        if self._has_parted:
            self._give_up_letter(job)

    # The end of a job here

    def _leave(self, job: Job, why: str) -> None:
        """Do nothing more: it comes back by itself, unless its node has forgotten it."""
        self._forget(job)
        self._tell("left", job, why)

    def _forget(self, job: Job) -> None:
        if job.state == HELD:
            self.held[job.queue] -= 1
        self.jobs.pop(job.id, None)

    def _ask(self, job: Job, *words: bytes | str | int) -> None:
        self.out.append(Request(words, job.home, job))

    def _tell(self, event: str, job: Job, why: str = "", seconds: float | None = None) -> None:
        self.told.append(JobEvent(event, job, job.failure, why, seconds))
