"""Handlers that stay, one a slot: for jobs that are too small for a process of their own."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.worker.handler import Handler

if TYPE_CHECKING:
    from disquectl.worker.child import PassOn
    from disquectl.worker.job import Failure, Job
    from disquectl.worker.plan import Plan
    from disquectl.worker.processes import Ended
    from disquectl.worker.watch import Watch


class Handlers:
    """The same from outside as Processes."""

    def __init__(self, plan: Plan, path: bytes, watch: Watch, ended: Ended, pass_on: PassOn) -> None:
        self._plan = plan
        self._path = path
        self._command = list(plan.command)
        self._environ = dict(os.environb)
        self._ended = ended
        self._all = [Handler(watch, pass_on, plan.backtrace, self._answered) for _ in range(plan.concurrency)]
        self._idle = list(self._all)
        self._by_pid: dict[int, Handler] = {}

    @property
    def free(self) -> int:
        """How many jobs may be given."""
        return sum(handler.is_ready for handler in self._idle)

    @property
    def running(self) -> int:
        """How many jobs are being worked on."""
        return len(self._all) - len(self._idle)

    def start(self, job: Job, now: float) -> None:
        """Give the job to a handler. There must be one that is free."""
        handler = next(handler for handler in reversed(self._idle) if handler.is_ready)
        self._idle.remove(handler)
        had_pid = handler.child.pid
        failure = handler.give(job, self._path, self._command, self._environ, now)
        if failure is not None:
            handler.child.job = None
            self._idle.append(handler)
            self._ended(job, failure, 0.0)
            return
        if not had_pid:
            self._by_pid[handler.child.pid] = handler
        if self._plan.timeout is not None:
            handler.child.deadline = now + self._plan.timeout

    def reap(self, now: float) -> None:
        """Some of the processes may have ended."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                handler = self._by_pid.pop(pid, None)
                if handler is not None:
                    failure = handler.ended(status, now)
                    self._free(handler, failure, now)

    def tick(self, now: float) -> None:
        """End what takes too long."""
        for handler in self._by_pid.values():
            handler.child.expire(now)

    @property
    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        return min((one.child.deadline for one in self._by_pid.values() if one.child.deadline), default=None)

    def end(self, now: float) -> None:
        """Ask all of them to end."""
        for handler in self._by_pid.values():
            handler.child.end("the worker was told to end", now)

    def kill(self) -> None:
        """End all of them at once."""
        for handler in self._by_pid.values():
            handler.child.signal(signal.SIGKILL)

    def hang_up(self) -> None:
        """There are no more jobs: all of them see the end of their stdin."""
        for handler in self._by_pid.values():
            handler.hang_up()

    @property
    def alive(self) -> int:
        """How many processes there are."""
        return len(self._by_pid)

    def close(self) -> None:
        """Free what was used."""
        for handler in self._all:
            handler.close()

    def _answered(self, handler: Handler, failure: Failure | None) -> None:
        now = time.monotonic()
        handler.child.deadline = None
        self._free(handler, failure, now)

    def _free(self, handler: Handler, failure: Failure | None, now: float) -> None:
        job = handler.child.job
        if job is None:
            return
        handler.child.job = None
        self._idle.append(handler)
        seconds = now - handler.job_started
        if failure is not None:
            failure.seconds = seconds
        self._ended(job, failure, seconds)
