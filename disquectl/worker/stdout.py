"""The stdout of the worker's commands: the worker's stdout, watched for a reader that goes away.

On a terminal with a status line it is a pseudo-terminal, whose output the worker shows above that line.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
import termios
import tty

from disquectl.worker.child import CHUNK_BYTES
from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.log import Log
    from disquectl.worker.poller import Poller

_STDOUT, _STDERR = 1, 2
_CHUNKS_IN_A_TERMINAL = 4


class Stdout:
    """`fd` is the descriptor for the commands; None is the worker's stdout."""

    def __init__(self, poller: Poller, log: Log, gone: Callable[[], object]) -> None:
        """`gone()` is called when the reader of our stdout goes away."""
        self.fd: int | None = None
        self._terminal = -1
        self._poller = poller
        self._log = log
        self._gone = gone
        self._is_watched = False
        if log.is_live and _is_same_terminal():
            self._open_terminal()
        elif _has_reader():
            self._is_watched = True
            # poll reports errors without being asked.
            poller.set(_STDOUT, 0, self._lost)

    @property
    def is_gone(self) -> bool:
        """Whether the reader of stdout is gone now."""
        if not self._is_watched:
            return False
        poll = select.poll()
        poll.register(_STDOUT, 0)
        return bool(poll.poll(0))

    def show_the_rest(self) -> None:
        """Show what a command that has ended wrote."""
        for _ in range(_CHUNKS_IN_A_TERMINAL):
            if self._terminal < 0 or not self._show_a_chunk():
                return

    def close(self) -> None:
        """Show the rest, and close the pseudo-terminal."""
        self.show_the_rest()
        for fd in (self._terminal, self.fd if self.fd is not None else -1):
            if fd >= 0:
                self._poller.drop(fd)
                os.close(fd)
        self._poller.drop(_STDOUT)
        self.fd, self._terminal = None, -1

    def _open_terminal(self) -> None:
        self._terminal, self.fd = os.openpty()
        os.set_blocking(self._terminal, False)
        # The real terminal processes the output.
        tty.setraw(self.fd)
        size = fcntl.ioctl(_STDOUT, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)
        self.set_reading()

    def _show(self, _events: int) -> None:
        if not self._log.is_behind:
            self._show_a_chunk()

    def _show_a_chunk(self) -> bool:
        """Show some output; return whether there was any."""
        try:
            data = os.read(self._terminal, CHUNK_BYTES)
        except OSError:
            return False
        self._log.child_stdout(data)
        return bool(data)

    def set_reading(self, on: bool = True) -> None:
        """Read what commands write to the pseudo-terminal, or stop reading, so that their writes block."""
        if self._terminal >= 0 and on:
            self._poller.set(self._terminal, READ, self._show)
        elif self._terminal >= 0:
            self._poller.drop(self._terminal)

    def _lost(self, _events: int) -> None:
        self._poller.drop(_STDOUT)
        self._gone()


def _is_same_terminal() -> bool:
    if not (os.isatty(_STDOUT) and os.isatty(_STDERR)):
        return False
    return os.fstat(_STDOUT).st_rdev == os.fstat(_STDERR).st_rdev


def _has_reader() -> bool:
    """Whether our stdout is a pipe or a socket."""
    try:
        mode = os.fstat(_STDOUT).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
