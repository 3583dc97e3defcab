"""The worker: takes jobs as long as there is room, runs them, and tells their nodes what became of them.

One loop over sockets, processes and signals. The rules are elsewhere: a job's fate in `custody`, whose turn
it is in `turns`, where to take jobs from in `follow`; this only hands things from one to the other.
"""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from disquectl.errors import ConnectionFailed, ReplyError
from disquectl.worker.child import not_run
from disquectl.worker.custody import Custody
from disquectl.worker.follow import Origins
from disquectl.worker.handlers import Handlers
from disquectl.worker.job import jobs_of
from disquectl.worker.nodes import Nodes
from disquectl.worker.plan import LINES
from disquectl.worker.processes import Processes
from disquectl.worker.signals import Signals
from disquectl.worker.turns import Turns
from disquectl.worker.watch import READ, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.client.opening import Opener
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job, Request
    from disquectl.worker.log import Log
    from disquectl.worker.plan import Plan

# How long a GETJOB waits: as long as a worker that is told to stop may have to wait for its answer.
_WAIT_MS = 1000
# With --burst: a lone node knows at once that there is nothing; jobs that others send come within this.
_BURST_WAIT_MS = {True: 1, False: 300}
_MOST_AT_ONCE = 200
_TURN_SECONDS = 1.0
# The end of the grace is kept for telling the nodes.
_LAST_WORDS_SHARE = 0.8

# Taking jobs; taking no more and waiting for those that run; ending them.
OPEN, CLOSING, ENDING = "open", "closing", "ending"


class Worker:
    """Made for one run."""

    def __init__(self, plan: Plan, path: bytes, seeds: Sequence[Node], opener: Opener, log: Log) -> None:
        """`path` is the file of the command; `seeds` begin with a node that has answered."""
        self._plan = plan
        self._log = log
        self._stage = OPEN
        self._watch = Watch()
        self._custody = Custody(plan, random.random, lambda: self._nodes.known, self._id_of)
        self._turns = Turns(plan.queues, plan.strict)
        slots = Handlers if plan.takes == LINES else Processes
        self._slots = slots(plan, path, self._watch, self._job_ended, log.passed_on)
        self._nodes = Nodes(
            seeds,
            opener,
            self._watch,
            answered=self._answered,
            lost=self._custody.lost,
            said=log.said,
        )
        self._now = time.monotonic()
        self._origins = Origins(self._now)
        self._taken = 0
        self._to_put_back: list[tuple[Job, Failure]] = []
        # With --burst: the nodes that had no job since something was last done.
        self._dry: set[Node] = set()
        self._cut_off = self._was_told = False
        self._pause_until = 0.0
        self._close_at = None if plan.max_time is None else self._now + plan.max_time
        self._kill_at: float | None = None
        self._leave_at: float | None = None

    def _id_of(self, node: Node) -> str:
        return self._nodes.id_of(node)

    def run(self) -> bool:
        """Work until there is a reason to end; whether all went well.

        That is: no job died or had to be left, and none still waits for its next attempt, unless a signal
        ended the worker. Raises ConnectionFailed where --burst finds no node any more.
        """
        with Signals() as signals:
            self._watch.set(signals.fd, READ, lambda _: None)
            try:
                while not self._is_over():
                    self._turn(signals)
            finally:
                self._watch.drop(signals.fd)
                self._nodes.close()
                self._slots.close()
        self._custody.close()
        self._show_news()
        self._log.totals(len(self._custody.jobs))
        if self._cut_off:
            raise ConnectionFailed("no node is left to ask whether there are more jobs")
        left = self._custody.busy if self._was_told else self._custody.jobs
        return not (left or self._log.counts["dead"] or self._log.counts["left"])

    def _turn(self, signals: Signals) -> None:
        self._get_jobs()
        self._nodes.send(self._custody.requests())
        self._show_news()
        ready = self._watch.wait(self._seconds_to_wait())
        self._now = time.monotonic()
        self._watch.act(ready)
        for number in signals.take():
            if number == signal.SIGCHLD:
                continue
            self._told_to_end(number)
        self._slots.reap()
        self._slots.tick(time.monotonic())
        self._custody.tick(self._now)
        self._nodes.tick()
        self._look_at_the_clock()

    def _seconds_to_wait(self) -> float:
        if self._custody.out:
            return 0
        until = min(
            self._custody.next_look,
            self._slots.next_deadline,
            self._close_at or self._now + _TURN_SECONDS,
            self._kill_at or self._now + _TURN_SECONDS,
            self._now + (0.25 if self._log.is_live else _TURN_SECONDS),
        )
        return max(until - time.monotonic(), 0)

    # Taking jobs

    def _get_jobs(self) -> None:
        count = min(self._slots.free, _MOST_AT_ONCE, self._left_to_take())
        if self._stage != OPEN or not count or self._nodes.getting or self._now < self._pause_until:
            return
        names = self._turns.names(count, self._custody.full_queues())
        if not names:
            self._dry |= self._nodes.up
            return
        wait_ms = _BURST_WAIT_MS[self._nodes.is_lone] if self._plan.burst else _WAIT_MS
        self._nodes.get(
            (b"GETJOB", b"TIMEOUT", wait_ms, b"COUNT", count, b"WITHCOUNTERS", b"FROM", *names),
            wait_ms / 1000,
        )

    def _left_to_take(self) -> int:
        return _MOST_AT_ONCE if self._plan.max_jobs is None else self._plan.max_jobs - self._taken

    def _answered(self, answers: list[tuple[Request, Reply]]) -> None:
        for request, reply in answers:
            if request.words[0] == b"GETJOB":
                self._found(request, reply)
            else:
                self._custody.answered(request, reply, self._now)

    def _found(self, request: Request, reply: Reply) -> None:
        if isinstance(reply, ReplyError):
            self._refused(reply)
            return
        found = jobs_of(reply, request.home)
        if self._plan.burst and not found:
            # A node asks others for jobs now and then only: so each is asked here.
            self._dry.add(request.home)
            self._nodes.go_on()
        self._turns.took(len(found))
        self._taken += len(found)
        self._origins.add([job.node_prefix for job in found])
        for job in found:
            self._take(job)
        better = self._origins.better(self._nodes.current_prefix, self._now)
        if better:
            self._nodes.move_to(better)

    def _refused(self, error: ReplyError) -> None:
        if error.code == "LEAVING":
            self._nodes.shun()
            return
        self._log.said(f"GETJOB was refused: {error.message}")
        self._pause_until = self._now + _TURN_SECONDS

    def _take(self, job: Job) -> None:
        if not self._custody.take(job, self._now):
            return
        if self._stage == ENDING:
            self._to_put_back.append((job, not_run("the worker was told to end")))
        elif why := self._custody.refusal(job):
            self._custody.failed(job, not_run(why))
        else:
            self._log.started(job)
            # Not the time of this turn: to start many takes longer than a short job.
            self._slots.start(job, time.monotonic())

    def _job_ended(self, job: Job, failure: Failure | None, seconds: float) -> None:
        if failure is None:
            self._log.done(job, seconds)
            self._custody.succeeded(job)
        elif self._stage == ENDING:
            self._to_put_back.append((job, failure))
        else:
            self._custody.failed(job, failure)

    # Ending

    def _told_to_end(self, number: int) -> None:
        self._was_told = True
        if number == signal.SIGTERM or (self._stage == CLOSING and number == signal.SIGINT):
            self._end()
        elif self._stage == ENDING:
            self._slots.kill()
        else:
            self._close("told to stop")

    def _close(self, why: str) -> None:
        if self._stage == OPEN:
            self._log.said(f"{why}: taking no more jobs, waiting for {self._slots.running}")
            self._stage = CLOSING

    def _end(self) -> None:
        if self._stage == ENDING:
            self._slots.kill()
            return
        self._log.said(f"ending {self._slots.running} running jobs")
        self._stage = ENDING
        self._leave_within_the_grace()
        self._slots.end(self._now)

    def _leave_within_the_grace(self) -> None:
        self._kill_at = self._now + self._plan.grace * _LAST_WORDS_SHARE
        self._leave_at = self._now + self._plan.grace

    def _look_at_the_clock(self) -> None:
        if self._stage == OPEN:
            if self._close_at is not None and self._now >= self._close_at:
                self._close("--max-time is over")
            elif self._left_to_take() <= 0:
                self._close("--max-jobs are taken")
            elif self._plan.burst:
                self._look_for_the_end()
        if self._kill_at is not None and self._now >= self._kill_at:
            self._slots.kill()
            self._nodes.stop_getting()
            self._kill_at = None
        if self._to_put_back and not self._nodes.getting:
            # Before the last GETJOB is answered it would only get them again.
            for job, failure in self._to_put_back:
                self._custody.interrupted(job, failure)
            self._to_put_back.clear()

    def _look_for_the_end(self) -> None:
        """With --burst: end when nothing is going on and, since then, no node had a job.

        A node that failed is not waited for: two that fail slowly, in turn, would never let it end.
        """
        if self._slots.running:
            self._dry.clear()
        elif not self._nodes.trusted:
            self._log.said("no node can be reached")
            self._cut_off = True
            self._stage = CLOSING
            # What is not acknowledged yet may be, if a node comes back.
            self._leave_within_the_grace()
        elif self._custody.busy:
            self._dry.clear()
        elif not self._nodes.getting and self._nodes.trusted <= self._dry:
            self._stage = CLOSING

    def _is_over(self) -> bool:
        if self._leave_at is not None and self._now >= self._leave_at:
            return True
        if self._stage == OPEN or self._slots.running or self._nodes.getting or self._custody.busy:
            return False
        if self._slots.alive:
            self._slots.hang_up()
            if self._leave_at is None:
                self._leave_within_the_grace()
            return False
        self._custody.part()
        return not self._custody.busy

    def _show_news(self) -> None:
        for news in self._custody.told:
            self._log.news(news)
        self._custody.told.clear()
        if self._log.has_lines:
            self._log.write()
        self._log.draw(self._now, self._slots.running, self._custody.held.total())
