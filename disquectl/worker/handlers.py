"""The processes of --lines, each for many jobs: for jobs that are too small for a process each."""

from __future__ import annotations

import time
from collections import deque
from math import inf

from disquectl.worker.child import ended_processes, not_begun_by_the_end
from disquectl.worker.handler import Handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.worker.child import Child, StderrLog
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.poller import Poller
    from disquectl.worker.processes import Ended

# How long a job may wait for a busy handler while another is idle. The fewer handlers take turns, the fewer
# process switches, which are most of the cost of a small job.
_PATIENCE_SECONDS = 0.001


class Handlers:
    """Has the same methods as Processes.

    A handler that answers gets the next job at once. Idle handlers get jobs when more jobs wait than were
    answered in the last turn of the worker, or when a job has waited for a millisecond.
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
        # The number of answers since the last tick, and in the last turn that had any.
        self._answers = 0
        self._answers_a_turn = 0
        self._wake_at = self._expire_at = self._name_at = inf

    @property
    def free(self) -> int:
        """How many more jobs can be started."""
        return self._plan.concurrency - self.running

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
            self._give(self._ready.pop(), now)
        self._wake_at = inf

    def _give(self, handler: Handler, now: float) -> None:
        job, _ = self._waiting.popleft()
        had_pid = handler.child.pid
        failure = handler.give(job, self._program, self._command, now)
        if failure is not None:
            handler.child.job = None
            self._ready.append(handler)
            self._ended(job, failure, 0.0)
            return
        self._busy += 1
        self._name_at = min(self._name_at, handler.child.silent_at)
        if not had_pid:
            self._by_pid[handler.child.pid] = handler
        if self._plan.timeout is not None and not handler.child.why:
            handler.child.deadline = now + self._plan.timeout
            self._expire_at = min(self._expire_at, handler.child.deadline)

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
        busy = [one for one in self._by_pid.values() if one.child.job is not None]
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
            if handler.child.job is not None:
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

    def _answered(self, handler: Handler, failure: Failure | None) -> None:
        self._answers += 1
        if handler.is_open:
            handler.child.deadline = None
        elif handler.child.deadline is not None:
            # It is being replaced or ended.
            self._expire_at = min(self._expire_at, handler.child.deadline)
        self._job_ended(handler, failure, time.monotonic())

    def _given_up(self, handler: Handler) -> None:
        """The handler is being ended, and gets no more jobs before that."""
        if handler in self._ready:
            self._ready.remove(handler)
        self._expire_at = min(self._expire_at, handler.child.deadline or inf)

    def _has_ended(self, handler: Handler, status: int, now: float) -> None:
        failure = handler.ended(status, now)
        if handler.child.job is not None:
            self._job_ended(handler, failure, now)
        elif handler not in self._ready:
            self._ready.append(handler)

    def _job_ended(self, handler: Handler, failure: Failure | None, now: float) -> None:
        job = handler.child.job
        assert job is not None
        handler.child.job = None
        self._busy -= 1
        seconds = now - handler.job_started
        if self._waiting and handler.is_open:
            self._give(handler, now)
        elif handler.is_open or not handler.child.pid:
            self._ready.append(handler)
        if failure is not None:
            failure.seconds = seconds
        self._ended(job, failure, seconds)
