"""The jobs in the worker's hands: what is to be asked of their nodes, and what the answers mean.

No sockets and no processes: requests are collected in `out` for whoever sends them, answers and the time
are passed in, and what people should know is collected in `told`. A job is the worker's from `take` until its
node has confirmed what became of it. What fails on the way is never repeated where that could matter: the job
is left, and comes back after its retry time.
"""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING

from disquectl.errors import NotDisque, ReplyError
from disquectl.protocol.replies import complete, show
from disquectl.protocol.server_replies import server_time
from disquectl.worker.envelope import letter
from disquectl.worker.job import ASKING, DYING, HELD, LEAVING, RETURNED, RUNNING, Life, Request
from disquectl.worker.news import News
from disquectl.worker.verdict import BURY, LEAVE, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan

_ADD_TIMEOUT_MS = 5000
# Where the retry time is not known yet, since WORKING was not answered.
_SOON_SECONDS = 1.0
_WORKING_SHARE = 3
# So many attempts that nobody ended say nothing against a job, however few retries it has.
_UNENDED_ATTEMPTS = 5
_IDS_IN_A_REQUEST = 1000


class Custody:
    """See the module. `next_look` is when `tick` has something to do, on the worker's clock."""

    def __init__(self, plan: Plan, random: Callable[[], float]) -> None:
        self.jobs: dict[str, Job] = {}
        self.out: list[Request] = []
        self.told: list[News] = []
        self.held: Counter[bytes] = Counter()
        self.next_look = inf
        self._plan = plan
        self._most_deliveries = max(plan.max_retries, _UNENDED_ATTEMPTS)
        self._random = random
        self._done: list[Job] = []
        # How far the clock of a node is ahead of the worker's.
        self._ahead: dict[Node, float] = {}

    @property
    def busy(self) -> bool:
        """Whether something else than waiting for the next attempt is going on."""
        return bool(self._done) or any(job.state != HELD for job in self.jobs.values())

    def full_queues(self) -> set[bytes]:
        """The queues that no more jobs are taken from: as many of theirs are held as may be."""
        return {queue for queue, count in self.held.items() if count >= self._plan.hold}

    # What happens to a job

    def take(self, job: Job, now: float) -> bool:
        """A job has come; whether it is to be run."""
        known = self.jobs.get(job.id)
        if known is not None and known.state != RETURNED:
            # It came back although it is in our hands: WORKING takes it out of the queue again.
            self._keep(known, now)
            return False
        self.jobs[job.id] = job
        if job.at_least_once:
            job.asked_working_at = now
            self.out.append(Request((b"WORKING", job.id), job.home, job))
        return True

    def over_its_attempts(self, job: Job) -> bool:
        """Whether it has come back so often without an end that it may be what workers die of."""
        return job.additional_deliveries > self._most_deliveries

    def succeeded(self, job: Job) -> None:
        """Its command ended well."""
        job.state = LEAVING
        self._done.append(job)

    def failed(self, job: Job, failure: Failure) -> None:
        """An attempt failed: ask how long the job may still live, and then decide."""
        job.state = ASKING
        job.failure = failure
        # TIME before SHOW: its answer says what the TTL of SHOW is counted from.
        self._ask(job, b"TIME")
        self._ask(job, b"SHOW", job.id)

    def interrupted(self, job: Job, failure: Failure) -> None:
        """The worker must leave and ended its command: put the job back; bury what cannot be put back."""
        if job.at_least_once:
            self._tell("put back", job, failure=failure)
            self._put_back(job)
        else:
            self.failed(job, failure)

    # Time

    def tick(self, now: float) -> None:
        """Do what is due: WORKING for what runs or is held, NACK for what is to be tried again."""
        if now < self.next_look:
            return
        self.next_look = inf
        for job in list(self.jobs.values()):
            if job.state == HELD and now >= job.due_at:
                self._release(job)
                self._put_back(job)
                continue
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
        if job.working_at is not None and job.working_at < self.next_look:
            self.next_look = job.working_at
        if job.state == HELD and job.due_at < self.next_look:
            self.next_look = job.due_at

    # Answers

    def requests(self) -> list[Request]:
        """What is to be sent now; asking again gives what has come up since."""
        out, self.out = self.out, []
        if self._done:
            done, self._done = self._done, []
            out += _acknowledgements(done)
        return out

    def answered(self, request: Request, reply: Reply, now: float) -> None:
        """A request was answered. An answer for a job that is no longer ours means nothing any more."""
        verb, job = request.words[0], request.job
        if job is None:
            self._acknowledged(request, reply)
        elif self.jobs.get(job.id) is not job:
            return
        elif verb == b"WORKING":
            self._postponed(job, reply, now)
        elif verb == b"TIME":
            self._clock_of(request.home, reply, now)
        elif verb == b"SHOW":
            self._shown(request.home, job, reply, now)
        elif verb == b"ADDJOB":
            self._added(job, reply)
        else:
            self._put_back_confirmed(job, reply)

    def lost(self, requests: Iterable[Request], certainly_not_done: bool = False) -> None:
        """These were not answered, and their node is gone. What may be asked again is asked elsewhere."""
        for request in requests:
            verb = request.words[0]
            if certainly_not_done or verb not in (b"NACK", b"ADDJOB"):
                self.out.append(request)
            elif request.job is not None and self.jobs.get(request.job.id) is request.job:
                what = "NACK" if verb == b"NACK" else "the dead letter"
                self._leave(request.job, f"{what} was sent and not answered")

    def _acknowledged(self, request: Request, reply: Reply) -> None:
        for job_id in request.words[1:]:
            job = self.jobs.pop(str(job_id), None)
            if job is not None and isinstance(reply, ReplyError):
                self._tell("not acknowledged", job, why=reply.message)

    def _postponed(self, job: Job, reply: Reply, now: float) -> None:
        if job.state in (LEAVING, RETURNED):
            return
        if isinstance(reply, int):
            job.retry = reply
            if reply:
                job.working_at = at = job.asked_working_at + reply / _WORKING_SHARE
                self.next_look = min(self.next_look, at)
            return
        code = reply.code if isinstance(reply, ReplyError) else ""
        if code == "TOOLATE":
            self._tell("too late", job, why="half of its TTL is over: others may get it, too")
            if job.state == HELD:
                self._release(job)
                self._bury(job)
        elif code == "NOJOB":
            self._tell("unknown", job, why="its node does not know it any more")
            if job.state == HELD:
                self._forget(job)
        else:
            job.working_at = now + (job.retry or _SOON_SECONDS) / _WORKING_SHARE
            self._look_at(job)

    def _clock_of(self, home: Node, reply: Reply, now: float) -> None:
        try:
            clock = server_time(reply)
        except NotDisque:
            return
        self._ahead[home] = clock["seconds"] + clock["microseconds"] / 1e6 - now

    def _shown(self, home: Node, job: Job, reply: Reply, now: float) -> None:
        try:
            fields = None if isinstance(reply, ReplyError) else show(reply)
            fields = fields and complete(fields, ("state", "ttl", "ctime", "retry", "repl"))
        except NotDisque:
            fields = None
        if job.state != ASKING or job.failure is None:
            return
        if fields is None or fields["state"] == "acked":
            self._leave(job, "its node does not know it any more")
            return
        server_now = now + self._ahead.get(home, 0.0)
        # Disque counts both in whole seconds, cut off.
        expires = int(server_now) + fields["ttl"]
        job.life = Life(fields["ctime"] / 1e9, expires, fields["retry"], fields["repl"])
        judged = verdict(
            job, job.life, server_now, held=self.held[job.queue], plan=self._plan, random=self._random()
        )
        if judged.act == BURY:
            job.failure.why = job.failure.why or judged.why
            self._bury(job)
        elif judged.act == LEAVE:
            self._leave(job, judged.why)
        else:
            self._hold(job, now + judged.seconds, judged.seconds)

    def _hold(self, job: Job, due_at: float, seconds: float) -> None:
        job.state = HELD
        job.due_at = due_at
        self.held[job.queue] += 1
        self._tell("failed", job, seconds=seconds)
        self._look_at(job)

    def _release(self, job: Job) -> None:
        self.held[job.queue] -= 1
        job.state = RUNNING

    def _put_back(self, job: Job) -> None:
        job.state = RETURNED
        job.working_at = None
        self._ask(job, b"NACK", job.id)

    def _put_back_confirmed(self, job: Job, reply: Reply) -> None:
        self._forget(job)
        if isinstance(reply, ReplyError):
            self._tell("left", job, why=reply.message)

    # The dead queue

    def _bury(self, job: Job) -> None:
        """Write the letter; the job is acknowledged once that is in the dead queue."""
        assert job.life is not None
        assert job.failure is not None
        if not self._plan.keep_dead:
            self._tell("dead", job, why=job.failure.why)
            self.succeeded(job)
            return
        job.state = DYING
        words = (
            *(b"ADDJOB", self._plan.dead_queue_of(job.queue), letter(job, job.life, job.failure)),
            *(_ADD_TIMEOUT_MS, b"TTL", self._plan.dead_ttl),
        )
        self._ask(job, *words)

    def _added(self, job: Job, reply: Reply) -> None:
        assert job.failure is not None
        if isinstance(reply, ReplyError):
            self._leave(job, f"the dead queue did not take it: {reply.message}")
            return
        self._tell("dead", job, why=job.failure.why)
        self.succeeded(job)

    # The end of a job here

    def _leave(self, job: Job, why: str) -> None:
        """Do nothing more: it comes back by itself, unless its node has forgotten it."""
        self._forget(job)
        self._tell("left", job, why=why)

    def _forget(self, job: Job) -> None:
        if job.state == HELD:
            self.held[job.queue] -= 1
        self.jobs.pop(job.id, None)

    def _ask(self, job: Job, *words: bytes | str | int) -> None:
        self.out.append(Request(words, job.home, job))

    def _tell(
        self,
        event: str,
        job: Job,
        *,
        why: str = "",
        seconds: float | None = None,
        failure: Failure | None = None,
    ) -> None:
        self.told.append(News(event, job, failure or job.failure, why, seconds))


def _acknowledgements(done: list[Job]) -> list[Request]:
    """ACKJOB for many jobs at a time, at the nodes that they came from."""
    ids: dict[Node, list[str]] = {}
    home = done[0].home
    own = ids.setdefault(home, [])
    for job in done:
        if job.home is not home:
            home = job.home
            own = ids.setdefault(home, [])
        own.append(job.id)
    return [
        Request((b"ACKJOB", *some[i : i + _IDS_IN_A_REQUEST]), home)
        for home, some in ids.items()
        for i in range(0, len(some), _IDS_IN_A_REQUEST)
    ]
