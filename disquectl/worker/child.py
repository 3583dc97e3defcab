"""One process that the worker started: its group, its stderr, its time, and its end.

Each has a process group of its own, so that all that it started can be ended with it, and that Ctrl-C in a
terminal does not reach it.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.worker.job import Failure
from disquectl.worker.poller import READ
from disquectl.worker.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan
    from disquectl.worker.poller import Poller

    class StderrLog(Protocol):
        """What gets the lines that commands write to stderr."""

        @property
        def is_behind(self) -> bool:
            """Whether it has more than it could write, and should not get more now."""

        def passed_on(self, job: Job | None, lines: list[bytes]) -> None:
            """Take these lines of a job's command."""


# After TERM, so long until KILL.
KILL_AFTER_SECONDS = 5.0
# What is read of one process in a turn of the worker, and what may be left in a pipe when it ends.
CHUNK_BYTES = 16384
_CHUNKS_IN_A_PIPE = 4
# Python ignores these, and what is ignored stays so in a new process.
_SIGNALS_TO_RESET = (signal.SIGPIPE, signal.SIGXFSZ)
# As shells have it.
_NOT_FOUND, _CANNOT_EXECUTE = 127, 126
_TOLD_TO_END = "the worker was told to end"


def not_run(why: str) -> Failure:
    """The failure of a job whose command was not begun, now."""
    return Failure(None, None, b"", time.time(), why=why)


def not_begun_by_the_end() -> Failure:
    """The same for a job that a worker got when it was about to end."""
    return Failure(None, None, b"", time.time(), why=_TOLD_TO_END, interrupted=True)


class Child:
    """A place for one process after the other; the pipe of their stderr stays.

    `deadline` is when its time is over, on the worker's clock, and after that when it is killed. `why` is not
    empty once it is being ended, `is_interrupted` where that is because the worker ends.
    """

    def __init__(self, watch: Poller, log: StderrLog, plan: Plan) -> None:
        self.pid = 0
        self.job: Job | None = None
        self.started = 0.0
        self.deadline: float | None = None
        self.why = ""
        self.is_interrupted = False
        self._watch = watch
        self._log = log
        self._term_done = plan.term_done
        self._tail = Tail(plan.backtrace)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.listen()

    def spawn(
        self,
        path: bytes,
        words: list[bytes],
        environ: Mapping[bytes, bytes],
        files: Sequence[tuple[int, int]],
        now: float,
    ) -> Failure | None:
        """Start a process with these files (`(from, to)`) and our stderr; a Failure where that cannot be."""
        actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in (*files, (self._writing, 2))]
        self.started = now
        self.why = ""
        self.is_interrupted = False
        try:
            self.pid = os.posix_spawn(
                path, words, environ, file_actions=actions, setpgroup=0, setsigdef=_SIGNALS_TO_RESET
            )
        except OSError as problem:
            code = _NOT_FOUND if isinstance(problem, FileNotFoundError) else _CANNOT_EXECUTE
            return Failure(code, None, b"", time.time(), why=f"it cannot be run: {problem.strerror}")
        return None

    def expire(self, now: float) -> None:
        """Its time is over: TERM, and when that does not help KILL."""
        if self.deadline is None or now < self.deadline or not self.pid:
            return
        if self.why:
            self.signal(signal.SIGKILL)
            self.deadline = None
            return
        self.end("it took longer than --timeout", now)

    def end(self, why: str, now: float) -> None:
        """Ask it to end; the reason is kept."""
        self.why = why
        self.signal(signal.SIGTERM)
        self.deadline = now + KILL_AFTER_SECONDS

    def interrupt(self) -> None:
        """Ask it to end because the worker does, which also says when it is killed.

        One that has ended by itself, or is being ended for another reason, is left as it is.
        """
        if self.why or self.has_ended():
            return
        self.why = _TOLD_TO_END
        self.is_interrupted = True
        self.deadline = None
        self.signal(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Whether its process has ended by now."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def postpone(self, seconds: float) -> None:
        """Give it so much more time."""
        if self.deadline is not None:
            self.deadline += seconds

    def ended(self, status: int, now: float) -> Failure | None:
        """It has ended with this wait status: None where that was well."""
        self._read_the_rest()
        self._hand_on(self._tail.end())
        tail = self._tail.take()
        if self.why:
            # Whoever of its group did not heed TERM.
            self.signal(signal.SIGKILL)
        self.pid = 0
        self.deadline = None
        code = os.waitstatus_to_exitcode(status)
        if not code and (not self.why or (self.is_interrupted and self._term_done)):
            return None
        ended_by = -code if code < 0 else None
        exit_code = None if ended_by else code
        seconds = now - self.started
        return Failure(exit_code, ended_by, tail, time.time(), seconds, self.why, self.is_interrupted)

    def take_tail(self) -> bytes:
        """What it has written to stderr for its job, where it goes on to the next."""
        self._read_the_rest()
        return self._tail.take()

    def close(self) -> None:
        """No process will come any more."""
        self.listen(False)
        os.close(self._reading)
        os.close(self._writing)

    def listen(self, on: bool = True) -> None:
        """Read its stderr, or let it wait with what it writes there."""
        if on:
            self._watch.set(self._reading, READ, self._read)
        else:
            self._watch.drop(self._reading)

    def _read(self, _events: int) -> None:
        if not self._log.is_behind:
            self._read_a_chunk()

    def _read_the_rest(self) -> None:
        for _ in range(_CHUNKS_IN_A_PIPE):
            if self._read_a_chunk() < CHUNK_BYTES:
                return

    def _read_a_chunk(self) -> int:
        try:
            data = os.read(self._reading, CHUNK_BYTES)
        except BlockingIOError:
            return 0
        self._hand_on(self._tail.feed(data))
        return len(data)

    def _hand_on(self, lines: list[bytes]) -> None:
        if lines:
            self._log.passed_on(self.job, lines)
