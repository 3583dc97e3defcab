"""The processes of --lines, each for many jobs: for jobs that are too small for a process each."""

from __future__ import annotations

import time
from collections import deque
from math import inf

from disquectl.worker.child import ended_processes, not_begun_by_the_end
from disquectl.worker.handler import Handler
from disquectl.worker.pipeline_depth import PipelineDepth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.worker.child import Child, StderrLog
    from disquectl.worker.handler import Answer
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.poller import Poller
    from disquectl.worker.processes import Ended

# How long a job may wait for a busy handler while another is idle. The fewer handlers take turns, the fewer
# process switches, which are most of the cost of a small job.
_PATIENCE_SECONDS = 0.001


class Handlers:
    """Has the same methods as Processes.

    A handler that answers gets the next job at once. Idle handlers get jobs when more jobs wait than were
    answered in the last turn of the worker, or when a job has waited for a millisecond. With --in-flight a
    handler has up to `_depth` jobs; when no handler is idle, those that have room get the jobs that wait.
    """

    def __init__(self, plan: Plan, program: Program, poller: Poller, ended: Ended, log: StderrLog) -> None:
        self._plan = plan
        self._program = program
        self._command = list(plan.command)
        self._ended = ended
        self._log = log
        self._all = [
            Handler(poller, log, plan, self._answered, self._given_up) for _ in range(plan.concurrency)
        ]
        # Handlers that have no job and are not being ended.
        self._ready = list(self._all)
        self._by_pid: dict[int, Handler] = {}
        # Jobs that no handler has yet, and since when.
        self._waiting: deque[tuple[Job, float]] = deque()
        self._busy = 0
        self._pipeline_depth = PipelineDepth(plan.in_flight)
        # The number of answers since the last tick, and in the last turn that had any.
        self._answers = 0
        self._answers_a_turn = 0
        self._wake_at = self._expire_at = self._name_at = inf

    @property
    def free(self) -> int:
        """How many more jobs can be started."""
        depth = 1 if self._plan.in_flight == 1 else self._depth(time.monotonic())
        free = self._plan.concurrency * depth - self.running
        # Many at a time: while half of the room is taken, no handler waits for more.
        return free if depth == 1 or free * 2 >= self._plan.concurrency * depth else 0

    def _depth(self, now: float) -> int:
        """How many jobs a handler may have now."""
        if self._plan.in_flight == 1:
            return 1
        started = (one.job_started for one in self._by_pid.values() if one.has_job)
        return self._pipeline_depth.now(now - min(started, default=now))

    @property
    def running(self) -> int:
        """How many jobs run or wait for a handler."""
        return self._busy + len(self._waiting)

    def start(self, job: Job, now: float) -> None:
        """Give the job to the next handler that answers, or to another one in `tick`."""
        self._waiting.append((job, now))

    def _wake(self, now: float) -> None:
        """Give idle handlers the jobs that busy handlers will not take soon."""
        while self._waiting and self._ready:
            patient_until = self._waiting[0][1] + _PATIENCE_SECONDS
            if now < patient_until and len(self._waiting) <= min(self._busy, self._answers_a_turn):
                self._wake_at = patient_until
                return
            self._give(self._ready.pop(), 1, now)
        self._wake_at = inf
        if self._waiting and self._plan.in_flight > 1:
            depth = self._depth(now)
            for handler in list(self._by_pid.values()):
                self._give(handler, depth, now)

    def _give(self, handler: Handler, depth: int, now: float) -> None:
        """Give the handler as many of the waiting jobs as it has room for."""
        count = min(len(self._waiting), handler.room(depth))
        if not count:
            return
        jobs = [self._waiting.popleft()[0] for _ in range(count)]
        had_pid = handler.child.pid
        failure = handler.give(jobs, self._program, self._command, now)
        if failure is not None:
            self._ready.append(handler)
            for job in jobs:
                self._ended(job, failure, 0.0)
            return
        self._busy += count
        self._name_at = min(self._name_at, handler.child.silent_at)
        self._expire_at = min(self._expire_at, handler.child.deadline or inf)
        if not had_pid:
            self._by_pid[handler.child.pid] = handler

    def reap(self) -> None:
        """Handle the processes that have ended."""
        for pid, status in ended_processes():
            handler = self._by_pid.pop(pid, None)
            if handler is not None:
                self._has_ended(handler, status, time.monotonic())

    def tick(self, now: float) -> None:
        """Start jobs that have waited; name processes that do not answer, end those that take too long."""
        self._answers_a_turn, self._answers = self._answers or self._answers_a_turn, 0
        self._wake(now)
        if now >= self._name_at:
            self._name_silent(now)
        if now < self._expire_at:
            return
        for handler in self._by_pid.values():
            handler.child.expire(now)
        self._expire_at = min(
            (one.child.deadline for one in self._by_pid.values() if one.child.deadline), default=inf
        )

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        return min(self._wake_at, self._expire_at, self._name_at)

    def _name_silent(self, now: float) -> None:
        busy = [one for one in self._by_pid.values() if one.has_job]
        for text in filter(None, (one.name_if_silent(now) for one in busy)):
            self._log.message(text)
        self._name_at = min((one.child.silent_at for one in busy), default=inf)

    def end(self) -> None:
        """Send all processes TERM, because the worker ends; answers that they have written count."""
        waiting, self._waiting = self._waiting, deque()
        for job, _ in waiting:
            self._ended(job, not_begun_by_the_end(), 0.0)
        for handler in self._by_pid.values():
            handler.read_pending_answer()
        self._ready.clear()
        for handler in self._by_pid.values():
            handler.child.interrupt()

    def children(self) -> Iterator[Child]:
        """Yield those that have a process."""
        for handler in self._by_pid.values():
            yield handler.child

    def slots(self) -> Iterator[Child]:
        """Yield all of them."""
        for handler in self._all:
            yield handler.child

    def running_since(self) -> Iterator[tuple[Child, float]]:
        """Yield those that have a job, and since when."""
        for handler in self._by_pid.values():
            if handler.has_job:
                yield handler.child, handler.job_started

    def close_stdin(self) -> None:
        """There are no more jobs: close the stdin of all processes."""
        for handler in self._by_pid.values():
            handler.close_stdin()

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return len(self._by_pid)

    def close(self) -> None:
        """Close all descriptors."""
        for handler in self._all:
            handler.close()

    def _answered(self, handler: Handler, answers: list[Answer]) -> None:
        self._answers += len(answers)
        self._busy -= len(answers)
        if self._plan.in_flight > 1:
            for job, _, seconds in answers:
                self._pipeline_depth.answered(seconds, job.retry if job.at_least_once else inf)
        now = time.monotonic()
        self._give(handler, self._depth(now), now)
        # It may have the next job already, or be replaced or ended.
        self._expire_at = min(self._expire_at, handler.child.deadline or inf)
        self._name_at = min(self._name_at, handler.child.silent_at)
        if handler.is_open and not handler.has_job:
            self._ready.append(handler)
        for job, failure, seconds in answers:
            self._ended(job, failure, seconds)

    def _given_up(self, handler: Handler) -> None:
        """The handler is being ended, and gets no more jobs before that."""
        if handler in self._ready:
            self._ready.remove(handler)
        self._expire_at = min(self._expire_at, handler.child.deadline or inf)

    def _has_ended(self, handler: Handler, status: int, now: float) -> None:
        ends = handler.ended(status, now)
        self._busy -= len(ends)
        if handler not in self._ready:
            self._ready.append(handler)
        for job, failure, seconds in ends:
            self._ended(job, failure, seconds)
