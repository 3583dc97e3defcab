"""The worker: takes jobs as long as there is room, runs them, and tells their nodes what became of them.

One loop over sockets, processes and signals. The rules are elsewhere: a job's fate in `lifecycle`, whose turn
it is in `turns`, where to take jobs from in `follow`, how it ends in `ending`; this only hands things from
one to the other.
"""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.errors import ConnectionFailed, ReplyError
from disquectl.execution.signals import STOPPING, Signals
from disquectl.render.human import duration
from disquectl.worker.affinity import NodeAffinity
from disquectl.worker.child import not_begun_by_the_end, not_run
from disquectl.worker.ending import KILL, OPEN, TERM, Ending
from disquectl.worker.handlers import Handlers
from disquectl.worker.job import RUNNING, jobs_of
from disquectl.worker.lifecycle import JobLifecycle
from disquectl.worker.nodes import Nodes
from disquectl.worker.plan import LINES
from disquectl.worker.poller import READ, WRITE, Poller
from disquectl.worker.processes import Processes
from disquectl.worker.scheduling import WeightedRoundRobin
from disquectl.worker.stdout import Stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job, Request
    from disquectl.worker.log import Log
    from disquectl.worker.plan import Plan, Program

# How long a GETJOB waits: as long as a worker that is told to stop may have to wait for its answer. If it
# hung up, the node could still deliver a job that is put back to the connection that is gone.
_WAIT_MS = 1000
_SHORTEST_WAIT_MS = 100
_WAIT_SHARE_OF_THE_GRACE = 0.4
# With --burst: a lone node knows at once that there is nothing; jobs that others send come within this.
_BURST_WAIT_MS = {True: 1, False: 300}
_MOST_AT_ONCE = 200
_TURN_SECONDS = 1.0
# How long a worker that fails has for putting its jobs back.
_HAND_BACK_SECONDS = 2.0
_NAMES = {signal.SIGINT: "INT", signal.SIGTERM: "TERM", signal.SIGHUP: "HUP", signal.SIGQUIT: "QUIT"}


class Worker:
    """Made for one run."""

    def __init__(
        self,
        plan: Plan,
        program: Program,
        seeds: Sequence[Node],
        connection_factory: ConnectionFactory,
        log: Log,
    ) -> None:
        """`seeds` begin with a node that has answered."""
        self._plan = plan
        self._log = log
        self._ending = Ending(plan.grace)
        self._came: list[int] = []
        self._watch = Poller()
        self._stdout: Stdout | None = None
        self._is_hushed = False
        self._lifecycle = JobLifecycle(plan, random.random, lambda: self._nodes.known, self._id_of)
        self._turns = WeightedRoundRobin(plan.queues, plan.strict)
        self._slots: Handlers | Processes
        if plan.takes == LINES:
            self._slots = Handlers(plan, program, self._watch, self._job_ended, log)
        else:
            self._stdout = Stdout(self._watch, log, self._reader_is_gone)
            fd = self._stdout.fd
            self._slots = Processes(plan, program, self._watch, self._job_ended, log=log, stdout=fd)
        self._nodes = Nodes(
            seeds,
            connection_factory,
            self._watch,
            answered=self._answered,
            lost=self._lifecycle.lost,
            said=log.said,
        )
        self._now = time.monotonic()
        self._origins = NodeAffinity(self._now)
        self._taken = 0
        self._to_put_back: list[tuple[Job, Failure]] = []
        # With --burst: the nodes that had no job since something was last done.
        self._dry: set[Node] = set()
        self._cut_off = False
        self._pause_until = 0.0
        wait_ms = int(plan.grace * 1000 * _WAIT_SHARE_OF_THE_GRACE)
        self._wait_ms = min(max(wait_ms, _SHORTEST_WAIT_MS), _WAIT_MS)
        self._close_at = None if plan.max_time is None else self._now + plan.max_time

    def _id_of(self, node: Node) -> str:
        return self._nodes.id_of(node)

    def run(self) -> bool:
        """Work until there is a reason to end; whether all went well.

        That is: no job died or had to be left, and none still waits for its next attempt, unless a signal
        ended the worker. Raises ConnectionFailed where --burst finds no node any more.
        """
        heard = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1)
        with Signals(heard, self._came.append, always=[signal.SIGCHLD]) as signals:
            self._watch.set(signals.fd, READ, lambda _: signals.clear())
            try:
                while not self._is_over():
                    self._turn(signals)
            except BaseException:
                self._hand_back(signals)
                raise
            finally:
                self._close(signals)
        if self._cut_off:
            raise ConnectionFailed("no node is left to ask whether there are more jobs")
        left = self._lifecycle.busy if self._ending.was_told else self._lifecycle.jobs
        return not (left or self._log.counts["dead"] or self._log.counts["left"])

    def _close(self, signals: Signals) -> None:
        self._watch.drop(signals.fd)
        # Those that did not even end by KILL, or that nobody asked to.
        self._signal_commands(signal.SIGKILL)
        self._nodes.close()
        if self._stdout is not None:
            self._stdout.close()
        self._slots.close()
        self._lifecycle.close()
        self._show_news()
        self._log.totals(len(self._lifecycle.jobs))
        self._log.close()

    def _hand_back(self, signals: Signals) -> None:
        """The worker fails: end what it has started and put the jobs back, as far as that can be done."""
        self._ending.leave(self._now)
        self._slots.end()
        self._signal_commands(signal.SIGKILL)
        until = time.monotonic() + _HAND_BACK_SECONDS
        # What failed may fail again.
        with suppress(Exception):
            while self._slots.alive and time.monotonic() < until:
                self._turn(signals)
            self._to_put_back.clear()
            for job in list(self._lifecycle.jobs.values()):
                # Also those that were taken and not begun.
                if job.state == RUNNING:
                    self._lifecycle.interrupted(job, job.failure or not_begun_by_the_end())
            while self._lifecycle.busy and time.monotonic() < until:
                self._turn(signals)

    def _turn(self, signals: Signals) -> None:
        self._get_jobs()
        self._nodes.send(self._lifecycle.requests())
        self._show_news()
        ready = self._watch.wait(self._seconds_to_wait())
        self._now = time.monotonic()
        self._watch.act(ready)
        # Before the signals: what has ended by itself was not ended by them.
        self._slots.reap()
        while self._came:
            self._heard(self._came.pop(0), signals)
        self._slots.tick(time.monotonic())
        self._lifecycle.tick(self._now)
        self._nodes.tick()
        self._look_at_the_clock()

    def _seconds_to_wait(self) -> float:
        if self._lifecycle.out:
            return 0
        until = min(
            self._lifecycle.next_look,
            self._slots.next_deadline,
            self._close_at or self._now + _TURN_SECONDS,
            self._ending.next_deadline,
            self._now + (0.25 if self._log.is_live else _TURN_SECONDS),
        )
        return max(until - time.monotonic(), 0)

    # Taking jobs

    def _get_jobs(self) -> None:
        count = min(self._slots.free, _MOST_AT_ONCE, self._left_to_take())
        if self._ending.stage != OPEN or not count or self._nodes.getting or self._now < self._pause_until:
            return
        names = self._turns.names(count, self._lifecycle.full_queues())
        if not names:
            self._dry |= self._nodes.up
            return
        wait_ms = _BURST_WAIT_MS[self._nodes.is_lone] if self._plan.burst else self._wait_ms
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
                self._lifecycle.answered(request, reply, self._now)

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
        # All are in our hands before the first is begun: whatever fails, they can be put back.
        for job in [job for job in found if self._lifecycle.take(job, self._now)]:
            self._begin(job)
        better = self._origins.better(self._nodes.current_prefix, self._now)
        if better:
            self._nodes.move_to(better)

    def _refused(self, error: ReplyError) -> None:
        if error.code == "LEAVING":
            self._nodes.shun()
            return
        self._log.said(f"GETJOB was refused: {error.message}")
        self._pause_until = self._now + _TURN_SECONDS

    def _begin(self, job: Job) -> None:
        if self._ending.stage != OPEN:
            self._to_put_back.append((job, not_begun_by_the_end()))
        elif why := self._lifecycle.refusal(job):
            self._lifecycle.failed(job, not_run(why))
        else:
            self._log.started(job)
            # Not the time of this turn: to start many takes longer than a short job.
            self._slots.start(job, time.monotonic())

    def _job_ended(self, job: Job, failure: Failure | None, seconds: float) -> None:
        if self._stdout is not None:
            self._stdout.show_the_rest()
        if failure is None:
            self._log.done(job, seconds)
            self._lifecycle.succeeded(job)
        elif failure.interrupted or (self._stdout is not None and self._stdout.is_gone):
            self._to_put_back.append((job, failure))
        else:
            self._lifecycle.failed(job, failure)

    # Ending

    def _heard(self, number: int, signals: Signals) -> None:
        if number == signal.SIGTSTP:
            self._stop_until_continued(signals)
        elif number == signal.SIGUSR1:
            self._say_what_runs()
        elif number in _NAMES:
            self._ending.told(number, self._now)
            self._say_that_it_ends(f"told to end ({_NAMES[signal.Signals(number)]})")

    def _reader_is_gone(self) -> None:
        """Nobody reads what commands write: each would fail for that alone."""
        self._ending.told(signal.SIGTERM, self._now)
        self._say_that_it_ends("the reader of stdout is gone")

    def _say_that_it_ends(self, why: str) -> None:
        limit = (
            f" for up to {duration(self._ending.seconds_left(self._now))}" if self._ending.is_limited else ""
        )
        running = self._slots.running
        waiting = f", waiting for {running} running{limit}" if running else ""
        self._log.said(f"{why}: taking no more jobs{waiting}")

    def _say_what_runs(self) -> None:
        now = time.monotonic()
        for child, since in self._slots.running_since():
            if child.job is not None:
                self._log.running(child.job, child.pid, now - since)
        held = self._lifecycle.held.total()
        self._log.said(f"{self._slots.running} running, {held} waiting for their next attempt")

    def _stop_until_continued(self, signals: Signals) -> None:
        """Ctrl-Z stops the commands, too, and their time does not run meanwhile."""
        self._log.hide_status()
        before = time.monotonic()
        self._signal_commands(signal.SIGSTOP)
        try:
            signals.stop_here()
        finally:
            self._signal_commands(signal.SIGCONT)
        self._now = time.monotonic()
        for child in self._slots.children():
            child.postpone(self._now - before)

    def _signal_commands(self, number: int) -> None:
        for child in self._slots.children():
            child.signal(number)

    def _look_at_the_clock(self) -> None:
        if self._ending.stage == OPEN:
            if self._close_at is not None and self._now >= self._close_at:
                self._stop_taking("--max-time is over")
            elif self._left_to_take() <= 0:
                self._stop_taking("--max-jobs are taken")
            elif self._plan.burst:
                self._look_for_the_end()
        for act in self._ending.due(self._now):
            if act == TERM:
                if self._slots.running:
                    self._log.said(f"sending TERM to {self._slots.running} running")
                self._slots.end()
            elif act == KILL:
                self._signal_commands(signal.SIGKILL)
                self._nodes.stop_getting()
        if self._to_put_back and not self._nodes.getting:
            # Before the last GETJOB is answered it would only get them again.
            for job, failure in self._to_put_back:
                self._lifecycle.interrupted(job, failure)
            self._to_put_back.clear()

    def _stop_taking(self, why: str) -> None:
        self._ending.close()
        self._say_that_it_ends(why)

    def _look_for_the_end(self) -> None:
        """With --burst: end when nothing is going on and, since then, no node had a job.

        A node that failed is not waited for: two that fail slowly, in turn, would never let it end.
        """
        if self._slots.running:
            self._dry.clear()
        elif not self._nodes.trusted:
            self._log.said("no node can be reached")
            self._cut_off = True
            # What is not acknowledged yet may be, if a node comes back.
            self._ending.leave(self._now)
        elif self._lifecycle.busy:
            self._dry.clear()
        elif not self._nodes.getting and self._nodes.trusted <= self._dry:
            self._ending.close()

    def _is_over(self) -> bool:
        if self._now >= self._ending.leave_at:
            return True
        if self._ending.stage == OPEN or self._slots.running or self._nodes.getting or self._lifecycle.busy:
            return False
        if self._slots.alive:
            self._slots.hang_up()
            self._ending.leave(self._now)
            return False
        self._lifecycle.part()
        return not self._lifecycle.busy

    def _show_news(self) -> None:
        for news in self._lifecycle.told:
            self._log.news(news)
        self._lifecycle.told.clear()
        if self._log.has_lines:
            self._log.write()
        self._keep_up_with_the_log()
        self._log.draw(self._now, self._slots.running, self._lifecycle.held.total())

    def _keep_up_with_the_log(self) -> None:
        """Where the log cannot be written as fast as commands write to it, let them wait."""
        if self._log.is_waiting:
            self._watch.set(self._log.fd, WRITE, lambda _: self._log.write())
        elif self._log.fd >= 0:
            self._watch.drop(self._log.fd)
        if self._log.is_behind is not self._is_hushed:
            self._is_hushed = self._log.is_behind
            for child in self._slots.places():
                child.listen(not self._is_hushed)
            if self._stdout is not None:
                self._stdout.listen(not self._is_hushed)
