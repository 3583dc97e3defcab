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

from disquectl.worker.line_pipe import CHUNK_BYTES
from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.log import Log
    from disquectl.worker.poller import Poller

STDOUT, _STDERR = 1, 2
_CHUNKS_IN_A_TERMINAL = 4


class Stdout:
    """`fd` is the descriptor for the commands; None is the worker's stdout."""

    def __init__(
        self, poller: Poller, log: Log, gone: Callable[[str], object], *, may_be_terminal: bool = True
    ) -> None:
        """`gone(why)` is called once when nothing more can be written to our stdout."""
        self.fd: int | None = None
        self._terminal = -1
        self._poller = poller
        self._log = log
        self._gone = gone
        self._is_watched = self._was_lost = False
        if may_be_terminal and log.is_live and is_same_terminal():
            self._open_terminal()
        elif _has_reader():
            self._is_watched = True
            self._watch()

    @property
    def is_behind(self) -> bool:
        """Whether commands should write no more for now: not here, where their writes block."""
        return False

    @property
    def has_failed(self) -> bool:
        """Whether output was lost: not here, where commands see it themselves."""
        return False

    @property
    def is_gone(self) -> bool:
        """Whether the reader of stdout is gone now."""
        if not self._is_watched:
            return False
        poll = select.poll()
        poll.register(STDOUT, 0)
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
        self._poller.drop(STDOUT)
        self.fd, self._terminal = None, -1

    def _open_terminal(self) -> None:
        self._terminal, self.fd = os.openpty()
        os.set_blocking(self._terminal, False)
        # The real terminal processes the output.
        tty.setraw(self.fd)
        size = fcntl.ioctl(STDOUT, termios.TIOCGWINSZ, bytes(8))
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
        self._lost_for("the reader of stdout is gone")

    def _watch(self) -> None:
        if self._is_watched:
            # poll reports errors without being asked.
            self._poller.set(STDOUT, 0, self._lost)
        else:
            self._poller.drop(STDOUT)

    def _lost_for(self, why: str) -> None:
        self._poller.drop(STDOUT)
        if not self._was_lost:
            self._was_lost = True
            self._gone(why)


def is_same_terminal() -> bool:
    if not (os.isatty(STDOUT) and os.isatty(_STDERR)):
        return False
    return os.fstat(STDOUT).st_rdev == os.fstat(_STDERR).st_rdev


def _has_reader() -> bool:
    """Whether our stdout is a pipe or a socket."""
    try:
        mode = os.fstat(STDOUT).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
