"""A process that stays and gets one job after the other: a line to its stdin, an answer from its stdout."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.worker.answers import USUAL, line_of, refusal
from disquectl.worker.child import Child
from disquectl.worker.job import Failure
from disquectl.worker.watch import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from disquectl.worker.child import PassOn
    from disquectl.worker.job import Job
    from disquectl.worker.watch import Watch

    Answered = Callable[["Handler", Failure | None], object]
    GivenUp = Callable[["Handler"], object]

_CHUNK_BYTES = 65536
_LONGEST_ANSWER_BYTES = 1 << 20


class Handler:
    """One place for such a process.

    It is started when there is a job for it, and again when it has ended. One that says something unasked, or
    what is no answer, is ended: which job its next line would be for cannot be known. `answered(handler,
    failure)` is called for each answer, `given_up(handler)` when it is being ended.
    """

    def __init__(
        self, watch: Watch, pass_on: PassOn, lines: int, answered: Answered, given_up: GivenUp
    ) -> None:
        self.child = Child(watch, pass_on, lines)
        self.job_started = 0.0
        self._watch = watch
        self._answered = answered
        self._given_up = given_up
        self._stdin = self._stdout = -1
        self._out = b""
        self._came = b""

    def give(
        self, job: Job, path: bytes, command: list[bytes], environ: Mapping[bytes, bytes], now: float
    ) -> Failure | None:
        """Give it a job, and start it first where need be; a Failure where that cannot be."""
        child = self.child
        child.job = job
        if not child.pid:
            failure = self._start(path, command, environ, now)
            if failure is not None:
                return failure
        self.job_started = now
        self._out = line_of(job)
        self._write()
        return None

    def _start(
        self, path: bytes, command: list[bytes], environ: Mapping[bytes, bytes], now: float
    ) -> Failure | None:
        theirs_in, self._stdin = os.pipe()
        self._stdout, theirs_out = os.pipe()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        self._came = b""
        try:
            failure = self.child.spawn(path, command, environ, [(theirs_in, 0), (theirs_out, 1)], now)
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        if failure is not None:
            self._close_pipes()
        else:
            self._watch.set(self._stdout, READ, self._read)
        return failure

    def ended(self, status: int, now: float) -> Failure | None:
        """Its process has ended; what that means for the job that it had, if any."""
        self.hang_up()
        with suppress(BlockingIOError):
            self._take(os.read(self._stdout, _CHUNK_BYTES))
        self._close_pipes()
        had_job = self.child.job is not None
        failure = self.child.ended(status, now)
        if not had_job:
            return None
        if failure is None:
            failure = Failure(
                0, None, self.child.take_tail(), time.time(), why="the handler ended without an answer"
            )
        failure.seconds = now - self.job_started
        return failure

    @property
    def is_open(self) -> bool:
        """Whether it can be given a line."""
        return self._stdin >= 0

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
            # It has closed its stdin. What becomes of the job is known when it ends.
            self._out = b""
        if self._out:
            self._watch.set(self._stdin, WRITE, self._write)
        elif events:
            self._watch.drop(self._stdin)

    def _read(self, _events: int) -> None:
        data = os.read(self._stdout, _CHUNK_BYTES)
        child = self.child
        if data in USUAL and not self._came and child.job is not None and not self._out and not child.why:
            self._answered(self, None)
        elif data:
            self._take(data)
        else:
            self._watch.drop(self._stdout)
            self._give_up("it closed its stdout")

    def _take(self, data: bytes) -> None:
        *lines, self._came = (self._came + data).split(b"\n")
        if len(self._came) > _LONGEST_ANSWER_BYTES:
            lines.append(self._came)
        for line in lines:
            self._hear(line)

    def _hear(self, line: bytes) -> None:
        job = self.child.job
        if self.child.why:
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
            self._answered(self, None)
        else:
            self._answered(self, Failure(None, None, self.child.take_tail(), time.time(), why=why))

    def _give_up(self, why: str) -> None:
        """End it; its job fails when it has ended."""
        if self.child.pid and not self.child.why:
            self.child.end(why, time.monotonic())
            self._given_up(self)
