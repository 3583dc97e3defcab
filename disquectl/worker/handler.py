"""A process that stays and gets one job after the other: a line to its stdin, an answer from its stdout."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.worker.answers import USUAL, line_of, refusal
from disquectl.worker.child import Child, not_run
from disquectl.worker.job import Failure
from disquectl.worker.poller import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.child import StderrLog
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.poller import Poller

    Answered = Callable[["Handler", Failure | None], object]
    GivenUp = Callable[["Handler"], object]

_CHUNK_BYTES = 65536
_LONGEST_ANSWER_BYTES = 1 << 20


class Handler:
    """One place for such a process.

    It is started when there is a job for it, and again when it has ended. One that says something unasked, or
    what is no answer, is ended: which job its next line would be for cannot be known. So is one that has
    closed its stdin, at once or when it has answered for the job that it has. `answered(handler, failure)` is
    called for each answer, `given_up(handler)` when it is being ended.
    """

    def __init__(
        self, watch: Poller, log: StderrLog, plan: Plan, answered: Answered, given_up: GivenUp
    ) -> None:
        self.child = Child(watch, log, plan)
        self.job_started = 0.0
        self._watch = watch
        self._answered = answered
        self._given_up = given_up
        self._stdin = self._stdout = -1
        self._out = b""
        self._came = b""
        self._has_closed_stdin = False

    def give(self, job: Job, program: Program, command: list[bytes], now: float) -> Failure | None:
        """Give it a job, and start it first where need be; a Failure where that cannot be."""
        child = self.child
        child.job = job
        if not child.pid:
            failure = self._start(program, command, now)
            if failure is not None:
                return failure
        self.job_started = now
        self._out = line_of(job)
        self._write()
        return None

    def _start(self, program: Program, command: list[bytes], now: float) -> Failure | None:
        try:
            theirs_in, self._stdin = os.pipe()
            self._stdout, theirs_out = os.pipe()
        except OSError as problem:
            self._close_pipes()
            return not_run(f"it cannot be run: {problem.strerror}")
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        self._came = b""
        self._has_closed_stdin = False
        try:
            failure = self.child.spawn(
                program.path, command, program.environ, [(theirs_in, 0), (theirs_out, 1)], now
            )
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        if failure is not None:
            self._close_pipes()
        else:
            self._watch.set(self._stdout, READ, self._read)
            self._watch.set(self._stdin, 0, self._lost_stdin)
        return failure

    def hear_out(self) -> None:
        """Take the answer that it may have written by now."""
        if self._stdout >= 0:
            with suppress(BlockingIOError):
                self._take(os.read(self._stdout, _CHUNK_BYTES))

    def ended(self, status: int, now: float) -> Failure | None:
        """Its process has ended; what that means for the job that it had, if any."""
        self.hang_up()
        self.hear_out()
        self._close_pipes()
        had_job = self.child.job is not None
        failure = self.child.ended(status, now)
        if not had_job:
            return None
        if failure is None:
            failure = Failure(0, None, self.child.take_tail(), time.time())
            failure.why = self.child.why or "the handler ended without an answer"
            failure.interrupted = self.child.is_interrupted
        failure.seconds = now - self.job_started
        return failure

    @property
    def is_open(self) -> bool:
        """Whether it can be given a line."""
        return self._stdin >= 0 and not self.child.why

    def hang_up(self) -> None:
        """There are no more jobs: close its stdin, at which it should end."""
        if self._stdin >= 0:
            self._watch.drop(self._stdin)
            os.close(self._stdin)
            self._stdin = -1

    def close(self) -> None:
        """Free what was used."""
        self._close_pipes()
        self.child.close()

    def _close_pipes(self) -> None:
        self.hang_up()
        if self._stdout >= 0:
            self._watch.drop(self._stdout)
            os.close(self._stdout)
            self._stdout = -1

    def _write(self, events: int = 0) -> None:
        try:
            self._out = self._out[os.write(self._stdin, self._out) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._lost_stdin()
            return
        if self._out:
            self._watch.set(self._stdin, WRITE, self._write)
        elif events:
            self._watch.set(self._stdin, 0, self._lost_stdin)

    def _lost_stdin(self, _events: int = 0) -> None:
        """It has closed its stdin: it may answer for the job that it has whole, and gets no other."""
        has_it_all = self.child.job is not None and not self._out
        self._has_closed_stdin = True
        self.hang_up()
        if not has_it_all:
            self._has_closed("it closed its stdin")

    def _has_closed(self, why: str) -> None:
        # One that has ended has done so, too; why that fails its job is known when it is reaped.
        if not self.child.has_ended():
            self._give_up(why)

    def _read(self, _events: int) -> None:
        data = os.read(self._stdout, _CHUNK_BYTES)
        child = self.child
        if data in USUAL and not self._came and child.job is not None and not self._out and not child.why:
            self._answer(None)
        elif data:
            self._take(data)
        else:
            self._watch.drop(self._stdout)
            self._has_closed("it closed its stdout")

    def _take(self, data: bytes) -> None:
        if self._is_given_up:
            self._came = b""
            return
        *lines, self._came = (self._came + data).split(b"\n")
        if len(self._came) > _LONGEST_ANSWER_BYTES:
            lines.append(self._came)
            self._came = b""
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        job = self.child.job
        if self._is_given_up:
            return
        if job is None or self._out:
            self._give_up("it said something that nobody asked for")
            return
        try:
            why = refusal(line, job.id)
        except ValueError as problem:
            self._give_up(f"no answer: {problem}")
            return
        if why is None:
            self._answer(None)
        else:
            # One that was told to end may say so.
            interrupted = self.child.is_interrupted
            tail = self.child.take_tail()
            self._answer(Failure(None, None, tail, time.time(), why=why, interrupted=interrupted))

    def _answer(self, failure: Failure | None) -> None:
        if self._has_closed_stdin:
            self._give_up("it closed its stdin")
        self._answered(self, failure)

    @property
    def _is_given_up(self) -> bool:
        """Whether what it says counts no more; told to end because the worker does, it may still answer."""
        return bool(self.child.why) and not self.child.is_interrupted

    def _give_up(self, why: str) -> None:
        """End it; its job fails when it has ended."""
        if self.child.pid and not self.child.why:
            self.child.end(why, time.monotonic())
            self._given_up(self)
