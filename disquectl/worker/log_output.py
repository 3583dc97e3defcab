"""Writes to stderr as much as it takes at once, and keeps the rest: a log that is not read holds up no job.

On a terminal a status line can stand below all that was written; it gives way to whatever comes next.
"""

from __future__ import annotations

import os
import select
import stat
import time

from disquectl.render.ansi import CLEAR_LINE

# A pipe that is ready has room for this much, by POSIX; a regular file takes anything.
_FILE_CHUNK_BYTES = 1 << 20
# More than this waiting: commands should not write more for now. More than that: it is dropped, and counted.
BEHIND_BYTES = 256 << 10
_MAX_BYTES = 8 << 20
_CLEAR_LINE = CLEAR_LINE.encode()


class LogOutput:
    """`fd` is -1 where there is no stderr."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._waiting = bytearray()
        self._chunk = _FILE_CHUNK_BYTES if fd >= 0 and stat.S_ISREG(os.fstat(fd).st_mode) else select.PIPE_BUF
        self._poll = select.poll()
        if fd >= 0:
            self._poll.register(fd, select.POLLOUT)
        self._lost_lines = 0
        self._has_status = False
        self._in_line = False

    @property
    def waiting_bytes(self) -> int:
        """How much could not be written yet."""
        return len(self._waiting)

    def lines(self, data: bytes) -> None:
        """Write whole lines, from the beginning of a line on."""
        self._put((b"" if self._has_status or not self._in_line else b"\n") + data)

    def raw(self, data: bytes) -> None:
        """Write what a command has written, as it is."""
        self._put(data)

    def status(self, text: bytes) -> None:
        """Show the status line; not where a command has begun a line of its own, or much waits."""
        if not self._in_line and not self._waiting:
            self._has_status = True
            self._waiting += _CLEAR_LINE + text
            self.flush()

    def clear_status(self) -> None:
        """Take the status line away."""
        if self._has_status:
            self._has_status = False
            self._waiting += _CLEAR_LINE
            self.flush()

    def flush(self) -> None:
        """Write what can be written now."""
        while self._waiting and self._poll.poll(0):
            try:
                written = os.write(self.fd, self._waiting[: self._chunk])
            except BlockingIOError:
                return
            except OSError:
                self._waiting.clear()  # nobody can read it any more, or the disk is full
                return
            del self._waiting[:written]

    def finish(self, seconds: float) -> None:
        """Write all of it, for so long at most."""
        deadline = time.monotonic() + seconds
        while self._waiting and self._poll.poll(max(deadline - time.monotonic(), 0) * 1000):
            self.flush()

    def _put(self, data: bytes) -> None:
        if not data or self.fd < 0:
            return
        if len(self._waiting) + len(data) > _MAX_BYTES:
            self._lost_lines += data.count(b"\n")
            return
        if self._lost_lines:
            data = b"disquectl: %d lines of this log are lost: it was not read\n" % self._lost_lines + data
            self._lost_lines = 0
        self.clear_status()
        self._in_line = not data.endswith(b"\n")
        self._waiting += data
        self.flush()
