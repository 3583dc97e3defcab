"""One process that the worker started: its group, its stderr, its time, and its end.

Each has a process group of its own, so that all that it started can be ended with it.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from disquectl.worker.job import Failure
from disquectl.worker.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from disquectl.worker.job import Job
    from disquectl.worker.watch import Watch

    # Who gets the lines that a command writes to stderr.
    PassOn = Callable[["Job | None", list[bytes]], object]

# After TERM, so long until KILL.
KILL_AFTER_SECONDS = 5.0
_CHUNK_BYTES = 65536
# Python ignores these, and what is ignored stays so in a new process.
_SIGNALS_TO_RESET = (signal.SIGPIPE, signal.SIGXFSZ)
# As shells have it.
_NOT_FOUND, _CANNOT_EXECUTE = 127, 126


def not_run(why: str) -> Failure:
    """The failure of a job whose command was not begun, now."""
    return Failure(None, None, b"", time.time(), why=why)


class Child:
    """A place for one process after the other; the pipe of their stderr stays.

    `deadline` is when its time is over, on the worker's clock, and after that when it is killed.
    """

    def __init__(self, watch: Watch, pass_on: PassOn, lines: int) -> None:
        self.pid = 0
        self.job: Job | None = None
        self.started = 0.0
        self.deadline: float | None = None
        self.why = ""
        self._watch = watch
        self._pass_on = pass_on
        self._tail = Tail(lines)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        watch.set(self._reading, 1, self._read)

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

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def ended(self, status: int, now: float) -> Failure | None:
        """It has ended with this wait status: None where that was well."""
        self._read(0)
        self._hand_on(self._tail.end())
        tail = self._tail.take()
        if self.why:
            # Whoever of its group did not heed TERM.
            self.signal(signal.SIGKILL)
        self.pid = 0
        self.deadline = None
        code = os.waitstatus_to_exitcode(status)
        if not code and not self.why:
            return None
        ended_by = -code if code < 0 else None
        return Failure(None if ended_by else code, ended_by, tail, time.time(), now - self.started, self.why)

    def take_tail(self) -> bytes:
        """What it has written to stderr for its job, where it goes on to the next."""
        self._read(0)
        return self._tail.take()

    def close(self) -> None:
        """No process will come any more."""
        self._watch.drop(self._reading)
        os.close(self._reading)
        os.close(self._writing)

    def _read(self, _events: int) -> None:
        with suppress(BlockingIOError):
            while True:
                data = os.read(self._reading, _CHUNK_BYTES)
                self._hand_on(self._tail.feed(data))
                if len(data) < _CHUNK_BYTES:
                    return

    def _hand_on(self, lines: list[bytes]) -> None:
        if lines:
            self._pass_on(self.job, lines)
