"""The worker's main loop: takes jobs, runs their commands, and reports the outcomes to the nodes.

One loop over sockets, processes and signals. The rules are elsewhere: where to take jobs from in
`job_source`, what happens to a job in `lifecycle`, the stages of the end in `ending`.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from contextlib import suppress

from disquectl.errors import ConnectionFailed
from disquectl.execution.signals import STOPPING, Signals
from disquectl.protocol.worker_names import worker_name
from disquectl.worker.child import not_begun_by_the_end, not_run
from disquectl.worker.ending import ENDING_SIGNALS, KILL, OPEN, TERM, Ending
from disquectl.worker.failed_once import FailedOnce
from disquectl.worker.figures import Figures
from disquectl.worker.handlers import Handlers
from disquectl.worker.job import RUNNING
from disquectl.worker.job_source import JobSource
from disquectl.worker.lifecycle import JobLifecycle
from disquectl.worker.nodes import Nodes
from disquectl.worker.plan import LINES
from disquectl.worker.poller import READ, WRITE, Poller
from disquectl.worker.processes import Processes
from disquectl.worker.scrapes import Scrapes
from disquectl.worker.stdout import Stdout
from disquectl.worker.tagged_stdout import TaggedStdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.client.connection_factory import ConnectionFactory
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure, Job, Request
    from disquectl.worker.log import Log
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.slots import Slots
    from disquectl.worker.systemd import Systemd

_TURN_SECONDS = 1.0
# How long a worker that fails waits for its processes to end, and then for its nodes to answer.
_HAND_BACK_SECONDS = 2.0


class Worker:
    """Create one for each run."""

    def __init__(
        self,
        plan: Plan,
        program: Program | None,
        seeds: Sequence[Node],
        connection_factory: ConnectionFactory,
        log: Log,
        *,
        service: Systemd,
        listening: socket.socket | None = None,
    ) -> None:
        """The first of `seeds` is a node that has answered. Metrics are served at the socket `listening`."""
        self._service = service
        self._plan = plan
        self._log = log
        self._ending = Ending(plan.grace)
        self._signals_received: list[int] = []
        self._poller = Poller()
        self._stdout: Stdout | None = None
        self._are_children_paused = False
        self._lifecycle = JobLifecycle(plan, random.random, lambda: self._nodes.known, self._id_of)
        self._slots = self._open_slots(program)
        host, pid = os.fsencode(socket.gethostname()), os.getpid()
        self._failed_once = FailedOnce(host, pid)
        self._nodes = Nodes(
            seeds,
            connection_factory,
            self._poller,
            answered=self._answered,
            lost=self._lost,
            report=log.message,
            client_name=worker_name(host, pid, [queue for queue, _ in plan.queues]),
        )
        self._now = time.monotonic()
        self._source = JobSource(plan, self._nodes, self._lifecycle, log, self._now)
        self._figures = Figures(plan) if listening is not None else None
        self._scrapes: Scrapes | None = None
        if listening is not None:
            self._scrapes = Scrapes(listening, self._poller, self._metrics)
        self._to_put_back: list[tuple[Job, Failure]] = []
        self._cut_off = False
        self._close_at = None if plan.max_time is None else self._now + plan.max_time

    def _open_slots(self, program: Program | None) -> Slots:
        """Return what runs the jobs."""
        assert program is not None
        plan, poller, log = self._plan, self._poller, self._log
        if plan.input_mode == LINES:
            return Handlers(plan, program, poller, self._job_ended, log)
        tagged = TaggedStdout(poller, log, self._stdout_is_gone) if plan.tag else None
        self._stdout = stdout = tagged or Stdout(poller, log, self._stdout_is_gone)
        return Processes(plan, program, poller, self._job_ended, log=log, stdout=stdout.fd, tagged=tagged)

    def _metrics(self) -> str:
        return self._figures.text(self._lifecycle) if self._figures is not None else ""

    def _id_of(self, node: Node) -> str:
        return self._nodes.id_of(node)

    def run(self) -> bool:
        """Work until there is a reason to end; return whether all went well.

        It did if no job died or was abandoned and none is held for its next attempt; held jobs do not count
        if a signal ended the worker. Raises ConnectionFailed if --burst can reach no node.
        """
        handled = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1)
        with Signals(handled, self._signals_received.append, always=[signal.SIGCHLD]) as signals:
            self._poller.set(signals.fd, READ, lambda _: signals.clear())
            self._service.ready(self._now)
            try:
                while not self._is_over():
                    self._turn(signals)
            except BaseException:
                self._hand_back(signals)
                raise
            finally:
                self._close(signals)
        if self._cut_off:
            raise ConnectionFailed("no node can be asked whether there are more jobs")
        left = self._is_busy() if self._ending.was_signalled else self._lifecycle.jobs
        is_lost = self._stdout is not None and self._stdout.has_failed
        return not (left or is_lost or self._log.counts["dead"] or self._log.counts["left"])

    def _close(self, signals: Signals) -> None:
        self._poller.drop(signals.fd)
        # Commands that KILL did not end in time.
        self._signal_commands(signal.SIGKILL)
        self._nodes.close()
        if self._stdout is not None:
            self._stdout.close()
        self._lifecycle.close()
        self._log_events()
        self._slots.close()
        self._service.close()
        if self._scrapes is not None:
            self._scrapes.close()
        self._log.totals(len(self._lifecycle.jobs))
        self._log.close()

    def _hand_back(self, signals: Signals) -> None:
        """The worker has failed: end its processes and put its jobs back, as far as possible.

        What failed may fail again, so each step is tried, whatever became of the one before.
        """
        self._ending.start_grace(self._now)
        with suppress(Exception):
            self._slots.end()
        self._signal_commands(signal.SIGKILL)
        with suppress(Exception):
            # A GETJOB may still deliver jobs.
            self._turn_while(lambda: self._slots.alive or self._nodes.getting, signals)
        self._to_put_back.clear()
        for job in list(self._lifecycle.jobs.values()):
            # Also those that were delivered and not started.
            if job.state == RUNNING:
                self._lifecycle.interrupted(job, job.failure or not_begun_by_the_end())
        with suppress(Exception):
            self._turn_while(lambda: self._lifecycle.busy, signals)
        with suppress(Exception):
            self._lifecycle.prepare_to_exit()
            self._turn_while(lambda: self._lifecycle.busy, signals)

    def _turn_while(self, condition: Callable[[], object], signals: Signals) -> None:
        until = time.monotonic() + _HAND_BACK_SECONDS
        while condition() and time.monotonic() < until:
            self._turn(signals)

    def _turn(self, signals: Signals) -> None:
        if self._ending.stage == OPEN and not self._is_stdout_behind:
            self._ask_for_jobs()
        self._nodes.send(self._requests())
        self._nodes.send(self._failed_once.requests(self._lifecycle.jobs.values(), self._now))
        self._log_events()
        ready = self._poller.wait(self._seconds_to_wait())
        self._now = time.monotonic()
        self._poller.dispatch(ready)
        # Before the signals: a command that ended by itself was not ended by the worker.
        self._slots.reap()
        while self._signals_received:
            self._handle(self._signals_received.pop(0), signals)
        self._slots.tick(time.monotonic())
        self._lifecycle.tick(self._now)
        self._nodes.tick()
        self._apply_deadlines()
        if self._scrapes is not None:
            self._scrapes.tick(self._now)
        self._service.tick(self._now, is_stopping=self._ending.stage != OPEN)

    def _seconds_to_wait(self) -> float:
        if self._lifecycle.has_requests:
            return 0
        until = min(
            self._lifecycle.next_deadline,
            self._slots.next_deadline,
            self._source.next_deadline(self._now),
            self._service.next_deadline,
            self._close_at or self._now + _TURN_SECONDS,
            self._ending.next_deadline,
            self._now + (0.25 if self._log.is_live else _TURN_SECONDS),
        )
        return max(until - time.monotonic(), 0)

    def _ask_for_jobs(self) -> None:
        self._source.ask(self._slots.free, self._now)

    def _requests(self) -> list[Request]:
        """Return the requests to send now."""
        return self._lifecycle.requests()

    def _is_busy(self) -> bool:
        """Whether anything is going on but waiting for a later time."""
        return self._lifecycle.busy

    # Jobs

    def _lost(self, requests: Iterable[Request], certainly_not_done: bool, node: Node | None) -> None:
        self._lifecycle.lost(requests, certainly_not_done, node)

    def _answered(self, answers: list[tuple[Request, Reply]]) -> None:
        for request, reply in answers:
            if request.words[0] == b"GETJOB":
                for job in self._source.received(request, reply, self._now):
                    self._begin(job)
            else:
                self._lifecycle.answered(request, reply, self._now)

    def _begin(self, job: Job) -> None:
        if self._ending.stage != OPEN:
            self._to_put_back.append((job, not_begun_by_the_end()))
        elif why := self._lifecycle.refusal(job):
            self._lifecycle.failed(job, not_run(why))
        else:
            self._log.started(job)
            # Not the time of this turn: starting many jobs takes longer than a short job.
            self._slots.start(job, time.monotonic())

    def _job_ended(self, job: Job, failure: Failure | None, seconds: float) -> None:
        if self._stdout is not None:
            self._stdout.show_the_rest()
        if self._figures is not None and not (failure and failure.interrupted):
            self._figures.ended(job.queue, seconds, is_done=failure is None)
        if failure is None:
            self._log.done(job, seconds)
            self._lifecycle.succeeded(job)
        elif failure.interrupted or (self._stdout is not None and self._stdout.is_gone):
            self._to_put_back.append((job, failure))
        else:
            self._lifecycle.failed(job, failure)

    # Ending

    def _handle(self, number: int, signals: Signals) -> None:
        if number == signal.SIGTSTP:
            self._stop_until_continued(signals)
        elif number == signal.SIGUSR1:
            self._log_running()
        elif number in ENDING_SIGNALS:
            self._ending.signalled(number, self._now)
            self._log_signal(number)

    def _stdout_is_gone(self, why: str) -> None:
        """Stdout takes no more: each command that writes would fail."""
        self._ending.signalled(signal.SIGTERM, self._now)
        self._log_ending(why)

    def _log_signal(self, number: int) -> None:
        self._log_ending(f"received {ENDING_SIGNALS[signal.Signals(number)]}")

    def _log_ending(self, why: str) -> None:
        running = self._slots.running
        self._log.message(self._ending.describe(why, f"{running} running" if running else "", self._now))

    def _log_term(self) -> None:
        if self._slots.running:
            self._log.message(f"sending TERM to {self._slots.running} running")

    def _log_running(self) -> None:
        now = time.monotonic()
        for child, since in self._slots.running_since():
            if child.job is not None:
                self._log.running(child.job, child.pid, now - since)
        held = self._lifecycle.held.total()
        self._log.message(f"{self._slots.running} running, {held} waiting for their next attempt")

    def _stop_until_continued(self, signals: Signals) -> None:
        """Ctrl-Z also stops the commands. Time limits do not run while the worker is stopped."""
        self._log.hide_status()
        before = time.monotonic()
        self._signal_commands(signal.SIGSTOP)
        try:
            signals.stop_here()
        finally:
            self._signal_commands(signal.SIGCONT)
        self._now = time.monotonic()
        self._ending.postpone(self._now - before)
        for child in self._slots.children():
            child.postpone(self._now - before)

    def _signal_commands(self, number: int) -> None:
        for child in self._slots.children():
            child.signal(number)

    def _apply_deadlines(self) -> None:
        if self._ending.stage == OPEN:
            if self._close_at is not None and self._now >= self._close_at:
                self._stop_taking("--max-time has passed")
            elif self._source.is_limit_reached:
                self._stop_taking("--max-jobs have been taken")
            elif self._plan.burst:
                self._check_burst_end()
        for action in self._ending.due(self._now):
            if action == TERM:
                self._log_term()
                self._slots.end()
            elif action == KILL:
                self._signal_commands(signal.SIGKILL)
                self._nodes.stop_getting()
        if self._to_put_back and not self._nodes.getting:
            # While a GETJOB is unanswered, it could only be delivered to this worker again.
            for job, failure in self._to_put_back:
                self._lifecycle.interrupted(job, failure)
            self._to_put_back.clear()

    def _stop_taking(self, why: str) -> None:
        self._ending.close()
        self._log_ending(why)

    def _check_burst_end(self) -> None:
        """With --burst: end when no job runs and no node has had a job since one ran."""
        if self._slots.running:
            self._source.job_ran()
        elif not self._nodes.responsive:
            self._log.message("no node can be reached")
            self._cut_off = True
            # Jobs may still be acknowledged, if a node comes back.
            self._ending.start_grace(self._now)
        elif self._is_busy():
            self._source.job_ran()
        elif self._source.is_exhausted:
            self._ending.close()

    def _is_over(self) -> bool:
        if self._now >= self._ending.exit_at:
            return True
        if self._ending.stage == OPEN or self._slots.running or self._nodes.getting:
            return False
        if self._is_busy() and not self._ending.is_nearly_over(self._now):
            return False
        if self._slots.alive:
            self._slots.close_stdin()
            self._ending.start_grace(self._now)
            return False
        self._lifecycle.prepare_to_exit()
        return not self._lifecycle.busy

    def _log_events(self) -> None:
        for event in self._lifecycle.events:
            self._log.event(event)
            if self._figures is not None and event.kind == "dead":
                self._figures.died(event.job.queue)
        self._lifecycle.events.clear()
        if self._log.has_lines:
            self._log.write()
        self._pause_children_if_log_is_behind()
        self._log.draw(self._now, self._slots.running, self._lifecycle.held.total())

    @property
    def _is_stdout_behind(self) -> bool:
        return self._stdout is not None and self._stdout.is_behind

    def _pause_children_if_log_is_behind(self) -> None:
        """While what commands write cannot be written as fast, their writes block."""
        if self._log.is_waiting:
            self._poller.set(self._log.fd, WRITE, lambda _: self._log.write())
        elif self._log.fd >= 0:
            self._poller.drop(self._log.fd)
        is_behind = self._log.is_behind or self._is_stdout_behind
        if is_behind is not self._are_children_paused:
            self._are_children_paused = is_behind
            for child in self._slots.slots():
                child.set_reading(not self._are_children_paused)
            if self._stdout is not None:
                self._stdout.set_reading(not self._are_children_paused)
