"""One child process of the worker: its process group, stderr, time limit and end.

Each child has a separate process group, so that the processes that it starts can be ended with it, and so
that Ctrl-C in a terminal does not reach it.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import suppress
from math import inf

from disquectl.worker.job import Failure
from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan
    from disquectl.worker.poller import Poller

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
# How much is read from one process in a turn of the worker, and how often to read what is left in its pipe.
CHUNK_BYTES = 16384
_CHUNKS_IN_A_PIPE = 4
_TAIL_BYTES = 16 << 10
# Python ignores these, and a child process inherits ignored signals.
_SIGNALS_TO_RESET = (signal.SIGPIPE, signal.SIGXFSZ)
# Exit codes, as in shells.
_NOT_FOUND, _CANNOT_EXECUTE = 127, 126
_WORKER_ENDS = "the worker ends"


def not_run(why: str) -> Failure:
    """Return the failure of a job whose command was not started."""
    return Failure(None, None, b"", time.time(), why=why)


def not_begun_by_the_end() -> Failure:
    """Return the failure of a job that was delivered when the worker was about to end."""
    return Failure(None, None, b"", time.time(), why=_WORKER_ENDS, interrupted=True)


def ended_processes() -> Iterator[tuple[int, int]]:
    """The processes of this one that have ended: their IDs, and statuses as of os.waitpid."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            yield pid, status


class Child:
    """Runs one process after another, with one pipe for their stderr.

    `deadline` is when the process is sent TERM, on the worker's clock, and after that when it is sent KILL.
    `silent_at` is when a handler that has not answered is named in the log.
    `why` is not empty once the process is being ended; `is_interrupted` if that is because the worker ends.
    """

    def __init__(self, poller: Poller, log: StderrLog, plan: Plan) -> None:
        self.pid = 0
        self.job: Job | None = None
        self.started = 0.0
        self.deadline: float | None = None
        self.silent_at = inf
        self.why = ""
        self.is_interrupted = False
        self._poller = poller
        self._log = log
        self._term_done = plan.term_done
        self._tail = Tail(plan.backtrace)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        self.set_reading()

    def spawn(
        self,
        path: bytes,
        words: list[bytes],
        environ: Mapping[bytes, bytes],
        files: Sequence[tuple[int, int]],
        now: float,
    ) -> Failure | None:
        """Start a process with these descriptors, `(ours, theirs)`; return a Failure if that fails."""
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
        """End the process if its time is over: with TERM, later with KILL."""
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
        self.why = _WORKER_ENDS
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
        self._read_the_rest()
        self._pass_on(self._tail.end())
        tail = self._tail.take()
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
        self._read_the_rest()
        return self._tail.take()

    def close(self) -> None:
        """Close the pipe; no more processes will be started."""
        self.set_reading(False)
        os.close(self._reading)
        os.close(self._writing)

    def set_reading(self, on: bool = True) -> None:
        """Read its stderr, or stop reading, so that its writes block."""
        if on:
            self._poller.set(self._reading, READ, self._read)
        else:
            self._poller.drop(self._reading)

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
        self._pass_on(self._tail.feed(data))
        return len(data)

    def _pass_on(self, lines: list[bytes]) -> None:
        if lines:
            self._log.child_stderr(self.job, lines)


class Tail:
    """The last lines that a command wrote to stderr: at most `lines`, and about 16 kB."""

    __slots__ = ("_bytes", "_kept", "_partial")

    def __init__(self, lines: int) -> None:
        self._kept: deque[bytes] = deque(maxlen=lines)
        self._bytes = 0
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add output; return the lines that are complete now, without their line ends."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > _TAIL_BYTES:
            lines.append(self._partial)
            self._partial = b""
        for line in lines[-(self._kept.maxlen or 0) :] if self._kept.maxlen else ():
            self._keep(line[-_TAIL_BYTES:])
        return lines

    def _keep(self, line: bytes) -> None:
        if len(self._kept) == self._kept.maxlen:
            self._bytes -= len(self._kept.popleft())
        self._kept.append(line)
        self._bytes += len(line)
        while self._bytes > _TAIL_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popleft())

    def end(self) -> list[bytes]:
        """The command has ended; return its last line, if that had no line end."""
        return self.feed(b"\n") if self._partial else []

    def take(self) -> bytes:
        """Return what is kept, and start again."""
        kept = b"\n".join(self._kept)[-_TAIL_BYTES:]
        self._kept.clear()
        self._bytes = 0
        return kept
