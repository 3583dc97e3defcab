"""The pager: output taller than the screen goes through it, unless it comes slowly.

Used by the command line and by the shell.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from contextlib import nullcontext

from disquectl.errors import DataError
from disquectl.execution.child_environment import child_environment
from disquectl.execution.process import CANNOT_START, ended_with, start, wait_for
from disquectl.execution.streams import Streams
from disquectl.spec.command import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from typing import Any, BinaryIO

    from disquectl.config.settings import Settings
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Raw

# Commands that run longer than this bypass the pager.
SLOW_SECONDS = 1.0
DEFAULT = "less -FRX"
# Options of commands whose output goes on, or whose jobs must not be acknowledged before they were read.
_NEVER = ("ack", "follow", "every")


class PagedOut(io.RawIOBase):
    """A stream that buffers output until it is taller than the screen, then starts the pager.

    Smaller output is written to the terminal on close. `isatty` is true, as for the terminal itself.

    advice  what to do if the pager cannot start
    """

    def __init__(self, out: BinaryIO, pager: str, environ: Mapping[str, str], advice: str) -> None:
        self._terminal = out
        self._pager = pager
        self._advice = advice
        self._environ = environ
        self._kept = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._width, self._height = shutil.get_terminal_size()
        self._lines = 0
        self._began = time.monotonic()
        self._slow = False

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._terminal.fileno()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # writers only write bytes
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(data)
            return len(data)
        self._kept += data
        # A long line takes several lines of the screen.
        self._lines += sum(1 + max(len(line) - 1, 0) // self._width for line in data.split(b"\n")) - 1
        if not self._slow and self._lines >= self._height:
            self._start()
        return len(data)

    def flush(self) -> None:
        """Show what there is, without the pager if the command has run for SLOW_SECONDS and it is short."""
        if self._process is not None:
            # On close it is closed already.
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.flush()
            return
        if self._kept and not self._slow and time.monotonic() - self._began > SLOW_SECONDS:
            self._slow = True
        if self._slow and not self.closed:
            self._terminal.write(self._kept)
            self._terminal.flush()
            self._kept.clear()

    def _start(self) -> None:
        self._terminal.flush()
        self._process = start(self._pager, {"LESS": "FRX", **self._environ}, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(self._kept)
        self._kept.clear()

    def close(self) -> None:
        if self.closed:
            return
        code = 0
        try:
            if self._process is None:
                self._terminal.write(self._kept)
                self._kept.clear()
                self._terminal.flush()
            elif self._process.stdin is not None:
                self._process.stdin.close()
        except BrokenPipeError:
            pass  # the user quit the pager
        finally:
            if self._process is not None:
                code = wait_for(self._process)
            super().close()
        if code in CANNOT_START:
            raise DataError(f"the pager {self._pager} {ended_with(code)}", self._advice)

    @property
    def runs(self) -> bool:
        """Whether the pager has the screen."""
        return self._process is not None


class _Held(io.RawIOBase):
    """A stderr that keeps what is written while the pager has the screen."""

    def __init__(self, err: BinaryIO, out: PagedOut) -> None:
        self._err = err
        self._out = out
        self._kept = bytearray()

    def isatty(self) -> bool:
        return self._err.isatty()

    def fileno(self) -> int:
        return self._err.fileno()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # writers only write bytes
        if self._out.runs:
            self._kept += data
        else:
            self._err.write(data)
        return len(data)

    def flush(self) -> None:
        if not self._out.runs:
            self._err.flush()

    def release(self) -> None:
        """Write what was kept; errors writing to stderr are ignored."""
        try:
            self._err.write(bytes(self._kept))
            self._err.flush()
        except OSError:
            pass


class Paging:
    """A context manager that returns streams whose output goes through the pager if it is long.

    At the end it waits for the pager, and then writes to stderr what was held meanwhile.
    """

    def __init__(self, streams: Streams, pager: str, environ: Mapping[str, str]) -> None:
        self._streams = streams
        self._out = PagedOut(streams.stdout, pager, environ, "--no-pager shows the result without it")
        self._err = _Held(streams.stderr, self._out)

    def __enter__(self) -> Streams:
        out: Any = self._out
        err: Any = self._err
        return Streams(self._streams.stdin, out, err)

    def __exit__(self, *_: object) -> None:
        try:
            self._out.close()
        finally:
            self._err.release()


def paging(
    streams: Streams, settings: Settings, environ: Mapping[str, str]
) -> AbstractContextManager[Streams]:
    """The streams for a command on a terminal, by way of the pager if there is one that can be used."""
    pager = pager_command(None, environ)
    if not pager or environ.get("TERM", "") in ("", "dumb", "unknown"):
        return nullcontext(streams)
    return Paging(streams, pager, child_environment(environ, settings))


def may_page(command: Command, raw: Raw) -> bool:
    """Whether the output of what was typed may go through the pager."""
    if command.is_streaming(raw) or any(raw.get(name) for name in _NEVER):
        return False
    pages = command.does.pages if isinstance(command.does, Program) else None
    return command.shape is not None if pages is None else pages


def pager_command(chosen: str | None, environ: Mapping[str, str]) -> str:
    """Return the chosen pager, else PAGER, else less; empty if it is not installed."""
    command = chosen if chosen is not None else environ.get("PAGER", DEFAULT)
    words = command.split()
    return command if words and shutil.which(words[0]) else ""
