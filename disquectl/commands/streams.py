"""The three streams of a process, and which of them a person sits at. Tests pass in their own."""

from __future__ import annotations

import errno
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

# Python refuses to read a number of thousands of digits, and no terminal is that wide.
_ABSURD_DIGITS = 10


class Streams:
    """Binary streams; text for people goes through `say`, which puts it on stderr after what stdout has."""

    __slots__ = ("stderr", "stderr_is_terminal", "stdin", "stdin_is_terminal", "stdout", "stdout_is_terminal")

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.stdin_is_terminal = stdin.isatty()
        self.stdout_is_terminal = stdout.isatty()
        self.stderr_is_terminal = stderr.isatty()

    def say(self, line: str) -> None:
        """A line on stderr. One that cannot be written is nobody's loss."""
        try:
            self.stderr.write(line.encode("utf-8", "backslashreplace") + b"\n")
            self.stderr.flush()
        except (OSError, ValueError):
            pass

    @property
    def width(self) -> int:
        """Columns of the terminal that stdout is; 80 elsewhere. COLUMNS goes before, as everywhere."""
        given = os.environ.get("COLUMNS", "")
        if given.isdecimal() and len(given) < _ABSURD_DIGITS and int(given) > 0:
            return int(given)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


class Closed(io.RawIOBase):
    """A stream that was closed before we began: nothing can be read or written."""

    def _refuse(self, *_: object) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    read = read1 = write = flush = _refuse  # type: ignore[assignment]


def process_streams() -> Streams:
    """Those of this process."""
    closed: Any = Closed()
    return Streams(
        sys.stdin.buffer if sys.stdin else closed,
        sys.stdout.buffer if sys.stdout else closed,
        sys.stderr.buffer if sys.stderr else closed,
    )
