"""A process that calls a function, as its parent sees it: its pipes, its log, what it says."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

import disquectl
from disquectl.functions.messages import FROM_PARENT_FD, MARK, TO_PARENT_FD, Heir, Limit, framed, read_line
from disquectl.functions.tagged_lines import LONGEST_TAGGED_BYTES, by_writer
from disquectl.worker.line_pipe import Tail
from disquectl.worker.pipe_end import PipeEnd
from disquectl.worker.poller import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from disquectl.functions.messages import Kind, Start
    from disquectl.worker.figures import Numbers
    from disquectl.worker.log import Log
    from disquectl.worker.poller import Poller
    from disquectl.worker.tagged_stdout import TaggedStdout

_CHUNK_BYTES = 1 << 16
# -P: the current folder is importable for the function's module alone, so that no file in it hides a module
# of Python from this package. The package itself is found where this one is.
_SCRIPT = """import sys
if sys.argv[1] not in sys.path: sys.path.append(sys.argv[1])
del sys.argv[1:]
from disquectl.functions.process import main
main()"""
_SIGNALS_TO_RESET = (signal.SIGPIPE, signal.SIGXFSZ)


class CallingProcess:
    """Calls `heard(process, kind, value)` for what the process says.

    place        its number among the processes
    is_ready     it has found its function
    is_closing   it takes no more jobs, and no other one is started for it
    is_replaced  it takes no more jobs, and another one was started for it
    counts       its counts, as it last reported them
    taken        how many jobs it has taken, with --max-jobs
    limit        how many functions it may run at a time, as it was told
    has_heir     whether another process keeps its jobs, as it was told; None before that
    figures      the numbers of its queues, likewise
    """

    def __init__(
        self,
        place: int,
        poller: Poller,
        log: Log,
        heard: Callable[[CallingProcess, Kind, Any], object],
        tagged: TaggedStdout | None,
    ) -> None:
        """`tagged` gets what the process writes to stdout; without it, `spawn` gets its stdout."""
        self.place = place
        self.pid = 0
        self.began = time.monotonic()
        self.is_ready = self.is_closing = self.is_replaced = False
        self.counts: dict[str, int] = {}
        self.taken = self.limit = 0
        self.has_heir: bool | None = None
        self.figures: dict[bytes, Numbers] = {}
        self._poller = poller
        self._log = log
        self._heard = heard
        self._tagged = tagged
        self._control = -1
        self._unsent = bytearray()
        self._partial = b""
        self._lines = PipeEnd(poller, self._take_lines)
        self._stderr = PipeEnd(poller, self._take_stderr)
        self._stdout = PipeEnd(poller, self._take_stdout) if tagged is not None else None
        self._stderr_lines = Tail(0, LONGEST_TAGGED_BYTES) if tagged is not None else Tail(0)
        self._stdout_lines = Tail(0, LONGEST_TAGGED_BYTES)

    def spawn(self, environ: Mapping[bytes, bytes], start: Start, stdout: int | None) -> None:
        """Start it. `stdout` is the descriptor for its output; None is our stdout."""
        theirs, self._control = os.pipe()
        lines, stderr = self._lines.writing, self._stderr.writing
        if self._stdout is not None:
            stdout = self._stdout.writing
        nothing = os.open(os.devnull, os.O_RDONLY)
        # Duplicates with numbers above those that they get, so that none overwrites another.
        files = [(nothing, 0), (stderr, 2), (theirs, FROM_PARENT_FD), (lines, TO_PARENT_FD)]
        files += [(stdout, 1)] if stdout is not None else []
        high = [(_above(fd), number) for fd, number in files]
        root = os.path.dirname(os.path.dirname(os.path.abspath(disquectl.__file__)))
        words = [sys.executable, "-P", "-c", _SCRIPT, root]
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for fd, number in high]
        try:
            self.pid = os.posix_spawn(
                sys.executable, words, environ, file_actions=actions, setpgroup=0, setsigdef=_SIGNALS_TO_RESET
            )
        finally:
            for fd in (nothing, theirs, *(one.writing for one in self._pipes()), *(fd for fd, _ in high)):
                os.close(fd)
        os.set_blocking(self._control, False)
        self.tell(start)

    def tell(self, message: object) -> None:
        """Send it a message, as soon as it reads: it may be busy for long."""
        self._unsent += framed(message)
        self._send(WRITE)

    @property
    def has_unsent(self) -> bool:
        """Whether it has not read all that it was told."""
        return bool(self._unsent)

    def _send(self, _events: int) -> None:
        try:
            del self._unsent[: os.write(self._control, self._unsent[:_CHUNK_BYTES])]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._unsent.clear()
        if self._unsent:
            self._poller.set(self._control, WRITE, self._send)
        else:
            self._poller.drop(self._control)

    def tell_limit(self, most: int) -> None:
        """Let it run up to this many functions at a time, if that is more than before."""
        if most > self.limit:
            self.limit = most
            self.tell(Limit(most))

    def tell_heir(self, exists: bool) -> None:
        """Tell it whether another process keeps its jobs, if it does not know that."""
        if exists is not self.has_heir:
            self.has_heir = exists
            self.tell(Heir(exists))

    def signal(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)

    def set_reading(self, stderr: bool, stdout: bool) -> None:
        """Read what its functions write, or stop reading, so that their writes block.

        What it says is always read: it may have to be replaced. What is too much for the log is dropped.
        """
        self._stderr.set_reading(stderr)
        if self._stdout is not None:
            self._stdout.set_reading(stdout)

    def read_the_rest(self) -> None:
        """It has ended: read what is left."""
        for pipe in self._pipes():
            pipe.read_the_rest()
        self._log_stderr(self._stderr_lines.end())
        self._show_stdout(self._stdout_lines.end())

    def close(self) -> None:
        """Close its pipes."""
        for pipe in self._pipes():
            pipe.close()
        if self._control >= 0:
            self._poller.drop(self._control)
            os.close(self._control)
        self._control = -1

    def _pipes(self) -> list[PipeEnd]:
        return [self._lines, self._stderr, *([self._stdout] if self._stdout is not None else [])]

    def _take_lines(self, data: bytes) -> None:
        whole, newline, self._partial = (self._partial + data).rpartition(b"\n")
        if newline:
            self._say(whole)

    def _say(self, whole: bytes) -> None:
        if MARK not in whole:
            self._log.forward(whole)
            return
        for one in whole.split(b"\n"):
            if one.startswith(MARK):
                self._heard(self, *read_line(one))
            else:
                self._log.forward(one)

    def _take_stderr(self, data: bytes) -> None:
        self._log_stderr(self._stderr_lines.feed(data))

    def _log_stderr(self, lines: list[bytes]) -> None:
        if self._tagged is None:
            if lines:
                self._log.child_stderr(None, lines)
            return
        for writer, texts in by_writer(lines):
            self._log.child_stderr(writer, texts)

    def _take_stdout(self, data: bytes) -> None:
        self._show_stdout(self._stdout_lines.feed(data))

    def _show_stdout(self, lines: list[bytes]) -> None:
        assert self._tagged is not None or not lines
        for writer, texts in by_writer(lines):
            self._tagged.show(writer, texts)  # type: ignore[union-attr]


def _above(fd: int) -> int:
    """Return a duplicate of this descriptor that is not one of those of the process."""
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, TO_PARENT_FD + 1)
