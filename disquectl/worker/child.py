"""One child process of the worker: its process group, stderr, time limit and end.

Each child has a separate process group, so that the processes that it starts can be ended with it, and so
that Ctrl-C in a terminal does not reach it.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from math import inf

from disquectl.worker.job import Failure
from disquectl.worker.line_pipe import LinePipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan
    from disquectl.worker.poller import Poller
    from disquectl.worker.tagged_stdout import TaggedStdout

    class StderrLog(Protocol):
        """Receives the lines that commands write to stderr."""

        @property
        def is_behind(self) -> bool:
            """Whether it could not write all that it got, and should get no more for now."""

        def child_stderr(self, job: Job | None, lines: list[bytes]) -> None:
            """Log these lines of a job's command."""

        def message(self, text: str) -> None:
            """Log a message about the worker itself."""


# The time between TERM and KILL.
KILL_AFTER_SECONDS = 5.0
# Python ignores these, and a child process inherits ignored signals.
_SIGNALS_TO_RESET = (signal.SIGPIPE, signal.SIGXFSZ)
# Exit codes, as in shells.
_NOT_FOUND, _CANNOT_EXECUTE = 127, 126
WORKER_ENDS = "the worker ends"


def not_run(why: str) -> Failure:
    """Return the failure of a job whose command was not started."""
    return Failure(None, None, b"", time.time(), why=why)


def not_begun_by_the_end() -> Failure:
    """Return the failure of a job that was delivered when the worker was about to end."""
    return Failure(None, None, b"", time.time(), why=WORKER_ENDS, interrupted=True)


def ended_processes() -> Iterator[tuple[int, int]]:
    """The processes of this one that have ended: their IDs, and statuses as of os.waitpid."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            yield pid, status


class Child:
    """Runs one process after another, with one pipe for their stderr, and one for their stdout if tagged.

    `deadline` is when the process is sent TERM, on the worker's clock, and after that when it is sent KILL.
    `silent_at` is when a handler that has not answered is named in the log.
    `why` is not empty once the process is being ended; `is_interrupted` if that is because the worker ends.
    """

    def __init__(
        self, poller: Poller, log: StderrLog, plan: Plan, tagged: TaggedStdout | None = None
    ) -> None:
        """`tagged` gets what the processes write to stdout; without it, `spawn` gets their stdout."""
        self.pid = 0
        self.job: Job | None = None
        self.started = 0.0
        self.deadline: float | None = None
        self.silent_at = inf
        self.why = ""
        self.is_interrupted = False
        self._log = log
        self._term_done = plan.term_done
        self._tagged = tagged
        self._stderr = LinePipe(poller, self._log_stderr, lambda: log.is_behind, plan.backtrace)
        self._pipes = [(self._stderr, 2)]
        if tagged is not None:
            self._pipes.append((LinePipe(poller, self._show_stdout, lambda: tagged.is_behind), 1))

    def spawn(
        self,
        path: bytes,
        words: list[bytes],
        environ: Mapping[bytes, bytes],
        files: Sequence[tuple[int, int]],
        now: float,
    ) -> Failure | None:
        """Start a process with these descriptors, `(ours, theirs)`; return a Failure if that fails."""
        actions = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in files]
        actions += [(os.POSIX_SPAWN_DUP2, pipe.writing, theirs) for pipe, theirs in self._pipes]
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
        """End the process if its time limit has passed: with TERM, later with KILL."""
        if self.deadline is None or now < self.deadline or not self.pid:
            return
        if self.why:
            self.signal(signal.SIGKILL)
            self.deadline = None
            return
        self.end("it took longer than --timeout", now)

    def end(self, why: str, now: float) -> None:
        """Send TERM, for this reason; KILL follows later."""
        self.why = why
        self.signal(signal.SIGTERM)
        self.deadline = now + KILL_AFTER_SECONDS

    def interrupt(self) -> None:
        """Send TERM because the worker ends, which also decides when to send KILL.

        Does nothing if the process has ended, or is being ended for another reason.
        """
        if self.why or self.has_ended():
            return
        self.why = WORKER_ENDS
        self.is_interrupted = True
        self.deadline = None
        self.signal(signal.SIGTERM)

    def has_ended(self) -> bool:
        """Whether its process has ended."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def signal(self, number: int) -> None:
        """Send a signal to the whole process group."""
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def postpone(self, seconds: float) -> None:
        """Extend its time limits."""
        self.silent_at += seconds
        if self.deadline is not None:
            self.deadline += seconds

    def ended(self, status: int, now: float) -> Failure | None:
        """The process has ended with this wait status; return None if it succeeded."""
        for pipe, _ in self._pipes:
            pipe.end_line()
        tail = self._stderr.take_tail()
        if self.why:
            # Processes of its group may have ignored TERM.
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
        """Return the end of what it wrote to stderr for its job; it continues with the next job."""
        return self._stderr.take_tail()

    def close(self) -> None:
        """Close the pipes; no more processes will be started."""
        for pipe, _ in self._pipes:
            pipe.close()

    def set_reading(self, on: bool = True) -> None:
        """Read what it writes, or stop reading, so that its writes block."""
        for pipe, _ in self._pipes:
            pipe.set_reading(on)

    def _log_stderr(self, lines: list[bytes]) -> None:
        self._log.child_stderr(self.job, lines)

    def _show_stdout(self, lines: list[bytes]) -> None:
        if self._tagged is not None and self.job is not None:
            self._tagged.show(self.job, lines)
