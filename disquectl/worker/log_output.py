"""Writes to stderr without blocking, and keeps the rest, so that a log that is not read delays no job.

On a terminal a status line may follow the output; it is removed before anything else is written.
"""

from __future__ import annotations

import os
import select
import stat
import time

from disquectl.render.ansi import CLEAR_LINE

# POSIX guarantees that a pipe that is ready takes PIPE_BUF bytes; a regular file takes any number.
_FILE_CHUNK_BYTES = 1 << 20
# With more than this waiting, commands should write no more for now; beyond the maximum, lines are dropped.
BEHIND_BYTES = 256 << 10
_MAX_BYTES = 8 << 20
_CLEAR_LINE = CLEAR_LINE.encode()


class LogOutput:
    """`fd` is -1 if there is none. `failure`: what was waiting is lost, because of this error."""

    def __init__(self, fd: int, most_bytes: float = _MAX_BYTES) -> None:
        self.fd = fd
        self.failure: OSError | None = None
        self._most_bytes = most_bytes
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
        """How many bytes could not be written yet."""
        return len(self._waiting)

    def lines(self, data: bytes) -> None:
        """Write whole lines, starting on a new line."""
        self._put((b"" if self._has_status or not self._in_line else b"\n") + data)

    def raw(self, data: bytes) -> None:
        """Write the output of a command unchanged."""
        self._put(data)

    def status(self, text: bytes) -> None:
        """Show the status line, unless output is waiting or a command has written an incomplete line."""
        if not self._in_line and not self._waiting:
            self._has_status = True
            self._waiting += _CLEAR_LINE + text
            self.flush()

    def clear_status(self) -> None:
        """Remove the status line."""
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
            except OSError as problem:
                self.failure = problem
                self._waiting.clear()  # the reader is gone, or the disk is full
                return
            del self._waiting[:written]

    def finish(self, seconds: float) -> None:
        """Write the rest, for at most `seconds`."""
        deadline = time.monotonic() + seconds
        while self._waiting and self._poll.poll(max(deadline - time.monotonic(), 0) * 1000):
            self.flush()

    def _put(self, data: bytes) -> None:
        if not data or self.fd < 0:
            return
        if len(self._waiting) + len(data) > self._most_bytes:
            self._lost_lines += data.count(b"\n")
            return
        if self._lost_lines:
            lost = b"disquectl: %d lines of this log were dropped, because it was not read\n"
            data = lost % self._lost_lines + data
            self._lost_lines = 0
        self.clear_status()
        self._in_line = not data.endswith(b"\n")
        self._waiting += data
        self.flush()
