"""A process that calls a function, as its parent sees it: its pipes, its log, what it says."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

import disquectl
from disquectl.functions.messages import FROM_PARENT_FD, MARK, TO_PARENT_FD, framed, read_line
from disquectl.worker.line_pipe import Tail
from disquectl.worker.poller import READ, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from disquectl.functions.messages import Kind, Start
    from disquectl.worker.figures import Numbers
    from disquectl.worker.log import Log
    from disquectl.worker.poller import Poller

_CHUNK_BYTES = 1 << 16
# A pipe holds 64 KiB, and more only where a program asks for it.
_CHUNKS_IN_A_PIPE = 4
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
    is_replaced  it takes no more jobs, and another one was started for it
    counts       its counts, as it last reported them
    figures      the numbers of its queues, likewise
    """

    def __init__(
        self,
        place: int,
        poller: Poller,
        log: Log,
        heard: Callable[[CallingProcess, Kind, Any], object],
    ) -> None:
        self.place = place
        self.pid = 0
        self.began = time.monotonic()
        self.is_ready = self.is_replaced = False
        self.counts: dict[str, int] = {}
        self.figures: dict[bytes, Numbers] = {}
        self._poller = poller
        self._log = log
        self._heard = heard
        self._partial = b""
        self._unsent = bytearray()
        self._stderr_lines = Tail(0)
        self._lines = self._stderr = self._control = -1

    def spawn(self, environ: Mapping[bytes, bytes], start: Start, stdout: int | None) -> None:
        """Start it. `stdout` is the descriptor for its output; None is our stdout."""
        theirs, self._control = os.pipe()
        self._lines, lines = os.pipe()
        self._stderr, stderr = os.pipe()
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
            for fd in (nothing, stderr, theirs, lines, *(fd for fd, _ in high)):
                os.close(fd)
        for fd in (self._lines, self._stderr, self._control):
            os.set_blocking(fd, False)
        self.set_reading()
        self.tell(framed(start))

    def tell(self, message: bytes) -> None:
        """Send it a message, as soon as it reads: it may be busy for long."""
        self._unsent += message
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

    def signal(self, number: int) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)

    def set_reading(self, on: bool = True) -> None:
        """Read what it writes, or stop reading, so that its writes block."""
        for fd, callback in ((self._lines, self._read_lines), (self._stderr, self._read_stderr)):
            if fd < 0:
                continue
            if on:
                self._poller.set(fd, READ, callback)
            else:
                self._poller.drop(fd)

    def read_the_rest(self) -> None:
        """It has ended: read what is left."""
        while self._read_lines(READ):
            pass
        for _ in range(_CHUNKS_IN_A_PIPE):
            # What its function has started may go on writing.
            if not self._read_stderr(READ):
                break
        if rest := self._stderr_lines.end():
            self._log.child_stderr(None, rest)

    def close(self) -> None:
        """Close its pipes."""
        self.set_reading(False)
        self._poller.drop(self._control)
        for fd in (self._lines, self._stderr, self._control):
            if fd >= 0:
                os.close(fd)
        self._lines = self._stderr = self._control = -1

    def _read(self, fd: int) -> bytes:
        if fd < 0:
            return b""
        try:
            data = os.read(fd, _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            self._poller.drop(fd)
            os.close(fd)
            if fd == self._lines:
                self._lines = -1
            else:
                self._stderr = -1
        return data

    def _read_lines(self, _events: int) -> bool:
        data = self._read(self._lines)
        whole, newline, self._partial = (self._partial + data).rpartition(b"\n")
        if newline:
            self._say(whole)
        return bool(data)

    def _say(self, whole: bytes) -> None:
        if MARK not in whole:
            self._log.forward(whole)
            return
        for one in whole.split(b"\n"):
            if one.startswith(MARK):
                self._heard(self, *read_line(one))
            else:
                self._log.forward(one)

    def _read_stderr(self, _events: int) -> bool:
        data = self._read(self._stderr)
        lines = self._stderr_lines.feed(data)
        if lines:
            self._log.child_stderr(None, lines)
        return bool(data)


def _above(fd: int) -> int:
    """Return a duplicate of this descriptor that is not one of those of the process."""
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, TO_PARENT_FD + 1)
