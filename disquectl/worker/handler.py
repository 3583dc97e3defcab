"""One long-running process of --lines: gets jobs as lines on stdin, and answers with lines on stdout."""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import suppress
from math import inf

from disquectl.render.human import size
from disquectl.worker.answers import USUAL, line_of, refusal
from disquectl.worker.child import KILL_AFTER_SECONDS, Child, not_run
from disquectl.worker.job import Failure
from disquectl.worker.memory import resident_bytes
from disquectl.worker.poller import READ, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.child import StderrLog
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan, Program
    from disquectl.worker.poller import Poller

    # A job, its failure or None, and how many seconds it took.
    Answer = tuple[Job, Failure | None, float]
    Answered = Callable[["Handler", list[Answer]], object]
    GivenUp = Callable[["Handler"], object]

_CHUNK_BYTES = 65536
_DONE = frozenset(line.rstrip(b"\n") for line in USUAL)
_LONGEST_ANSWER_BYTES = 1 << 20
# A process that has not answered for this long is named in the log.
SILENT_SECONDS = 30.0
_NOT_REACHED = "its handler ended before it answered for an earlier job"


class Handler:
    """Runs one such process at a time: starts it when there is a job for it, and again after it has ended.

    A process that writes a line without having a job, or a line that is not an answer, is ended, because it
    is unknown which job its next line would be for. A process that closes its stdin is ended, too, once it
    has answered for its jobs. It answers in the order of its jobs. Calls `answered(handler, answers)` for its
    answers, and `given_up(handler)` when it ends the process.

    `child.job` is the first job without an answer, which the process works at; `job_started` is since when.
    """

    def __init__(
        self, poller: Poller, log: StderrLog, plan: Plan, answered: Answered, given_up: GivenUp
    ) -> None:
        self.child = Child(poller, log, plan)
        self.job_started = 0.0
        self._poller = poller
        self._answered = answered
        self._given_up = given_up
        self._stdin = self._stdout = -1
        self._out = b""
        self._partial = b""
        # The jobs without an answer, and where their lines end in all that was written.
        self._given: deque[tuple[Job, int]] = deque()
        self._line_bytes = 0
        self._has_closed_stdin = False
        self._was_named = False
        self._max_jobs = plan.max_jobs_per_handler
        self._max_memory = plan.max_memory
        self._timeout = plan.timeout
        self._jobs = 0
        self._is_retiring = False
        self._log = log

    @property
    def has_job(self) -> bool:
        """Whether it has a job."""
        return bool(self._given)

    def room(self, depth: int) -> int:
        """Return how many more jobs to give to it, if a handler may have `depth` of them."""
        if self.child.pid and (not self.is_open or self._is_retiring):
            return 0
        had = self._jobs if self.child.pid else 0
        most = depth if self._max_jobs is None else min(depth, self._max_jobs - had)
        return max(most - len(self._given), 0)

    def give(self, jobs: list[Job], program: Program, command: list[bytes], now: float) -> Failure | None:
        """Give it jobs, and start it if necessary; return a Failure if it cannot be started."""
        if not self.child.pid:
            failure = self._start(program, command, now)
            if failure is not None:
                return failure
        is_writing = bool(self._out)
        lines = [line_of(job) for job in jobs]
        for job, line in zip(jobs, lines, strict=True):
            self._line_bytes += len(line)
            self._given.append((job, self._line_bytes))
        self._out += b"".join(lines)
        if self.child.job is None:
            self._begin(now)
        if not is_writing:
            self._write()
        return None

    def _begin(self, now: float) -> None:
        """It works at its first job from now on."""
        child = self.child
        child.job = self._given[0][0] if self._given else None
        self.job_started = now
        child.silent_at = now + SILENT_SECONDS if not self._was_named else inf
        if not child.why:
            is_limited = self._timeout is not None and child.job is not None
            child.deadline = now + (self._timeout or 0) if is_limited else None

    @property
    def _has_its_line(self) -> bool:
        """Whether it got all of the line of its first job."""
        return bool(self._given) and self._given[0][1] <= self._line_bytes - len(self._out)

    def _start(self, program: Program, command: list[bytes], now: float) -> Failure | None:
        try:
            theirs_in, self._stdin = os.pipe()
            self._stdout, theirs_out = os.pipe()
        except OSError as problem:
            self._close_pipes()
            return not_run(f"it cannot be run: {problem.strerror}")
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        self._partial = b""
        self._has_closed_stdin = self._was_named = self._is_retiring = False
        self._jobs = self._line_bytes = 0
        self._out = b""
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
            self._poller.set(self._stdout, READ, self._read)
            self._poller.set(self._stdin, 0, self._lost_stdin)
        return failure

    def read_pending_answer(self) -> None:
        """Read the answer that it may have written already."""
        if self._stdout >= 0:
            with suppress(BlockingIOError):
                self._take(os.read(self._stdout, _CHUNK_BYTES))

    def ended(self, status: int, now: float) -> list[Answer]:
        """Its process has ended; return what became of the jobs without an answer.

        Only the first of them has failed: the process worked at it.
        """
        self.close_stdin()
        self.read_pending_answer()
        self._close_pipes()
        failure = self.child.ended(status, now)
        jobs = [job for job, _ in self._given]
        self._given.clear()
        self.child.job = None
        if not jobs:
            return []
        if failure is None:
            failure = Failure(0, None, self.child.take_tail(), time.time())
            failure.why = self.child.why or "the handler ended without an answer"
            failure.interrupted = self.child.is_interrupted
        failure.seconds = now - self.job_started
        ends: list[Answer] = [(jobs[0], failure, failure.seconds)]
        for job in jobs[1:]:
            behind = Failure(None, None, b"", time.time(), why=_NOT_REACHED, interrupted=True)
            ends.append((job, behind, 0.0))
        return ends

    def name_if_silent(self, now: float) -> str:
        """Return what the log should say if it has not answered for long; empty otherwise. Once a process."""
        child = self.child
        if child.job is None or now < child.silent_at:
            return ""
        self._was_named = True
        child.silent_at = inf
        silence = f"handler {child.pid} has not answered for job {child.job.id} for {SILENT_SECONDS:.0f}s"
        return f"{silence}; it may not have flushed its output"

    @property
    def is_open(self) -> bool:
        """Whether it can be given another job."""
        return self._stdin >= 0 and not self.child.why

    def close_stdin(self) -> None:
        """There are no more jobs: close its stdin, so that it ends."""
        if self._stdin >= 0:
            self._poller.drop(self._stdin)
            os.close(self._stdin)
            self._stdin = -1

    def close(self) -> None:
        """Close all descriptors."""
        self._close_pipes()
        self.child.close()

    def _close_pipes(self) -> None:
        self.close_stdin()
        if self._stdout >= 0:
            self._poller.drop(self._stdout)
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
            self._poller.set(self._stdin, WRITE, self._write)
        elif events:
            self._poller.set(self._stdin, 0, self._lost_stdin)

    def _lost_stdin(self, _events: int = 0) -> None:
        """It has closed its stdin: it may still answer for its job if it got all of the line."""
        has_it_all = bool(self._given) and not self._out
        self._has_closed_stdin = True
        self.close_stdin()
        if not has_it_all:
            self._has_closed("it closed its stdin")

    def _has_closed(self, why: str) -> None:
        # A process that has ended has closed it, too; its exit code is known when it is reaped.
        if not self.child.has_ended():
            self._give_up(why)

    def _read(self, _events: int) -> None:
        data = os.read(self._stdout, _CHUNK_BYTES)
        if data in USUAL and not self._partial and self._has_its_line and not self.child.why:
            self._report([self._answer(None, time.monotonic())])
        elif data:
            self._take(data)
        else:
            self._poller.drop(self._stdout)
            self._has_closed("it closed its stdout")

    def _take(self, data: bytes) -> None:
        if self._is_given_up:
            self._partial = b""
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _LONGEST_ANSWER_BYTES:
            lines.append(self._partial)
            self._partial = b""
        now = time.monotonic()
        # What it writes after it is given up no longer counts; what it wrote before does.
        answers: list[Answer] = []
        for line in lines:
            self._read_answer(line, now, answers)
        if answers:
            self._report(answers)

    def _read_answer(self, line: bytes, now: float, answers: list[Answer]) -> None:
        if self._is_given_up:
            return
        if not self._has_its_line:
            self._give_up("it wrote a line without having a job")
            return
        try:
            why = None if line in _DONE else refusal(line, self._given[0][0].id)
        except ValueError as problem:
            self._give_up(f"not an answer: {problem}")
            return
        failure = None
        if why is not None:
            # A process that was sent TERM may answer with a failure.
            interrupted = self.child.is_interrupted
            failure = Failure(
                None, None, self.child.take_tail(), time.time(), why=why, interrupted=interrupted
            )
        answers.append(self._answer(failure, now))

    def _answer(self, failure: Failure | None, now: float) -> Answer:
        """It answered for its first job, and begins the next one."""
        job, _ = self._given.popleft()
        seconds = now - self.job_started
        if failure is not None:
            failure.seconds = seconds
        self._jobs += 1
        self._begin(now)
        return job, failure, seconds

    def _report(self, answers: list[Answer]) -> None:
        if self._has_closed_stdin and not self._given:
            self._give_up("it closed its stdin")
        elif self.is_open and not self._is_retiring and self._is_used_up():
            self._is_retiring = True
        if self._is_retiring and not self._given and self.is_open:
            self._retire()
        self._answered(self, answers)

    def _is_used_up(self) -> bool:
        """Whether it had its last job, or uses too much memory, which the log then says."""
        if self._max_jobs is not None and self._jobs >= self._max_jobs:
            return True
        if self._max_memory is None:
            return False
        used = resident_bytes(self.child.pid)
        if used <= self._max_memory:
            return False
        limit = f"more than --max-memory {size(self._max_memory)}"
        self._log.message(f"handler {self.child.pid} uses {size(used)}, {limit}: it is replaced")
        return True

    def _retire(self) -> None:
        """Close its stdin, so that it ends; if it does not, it is ended."""
        self.close_stdin()
        self.child.deadline = time.monotonic() + KILL_AFTER_SECONDS

    @property
    def _is_given_up(self) -> bool:
        """Whether its answers are ignored. After the TERM of a worker that ends, it may still answer."""
        return bool(self.child.why) and not self.child.is_interrupted

    def _give_up(self, why: str) -> None:
        """End the process; its job fails when it has ended."""
        if self.child.pid and not self.child.why:
            self.child.end(why, time.monotonic())
            self._given_up(self)
