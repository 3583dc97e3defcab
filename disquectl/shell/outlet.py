"""Where the output of one line goes: the terminal, a pager, a command of the system, or a file."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import time

from disquectl.commands.kinds import without_nul
from disquectl.commands.streams import Streams
from disquectl.errors import DataError, UsageError
from disquectl.home import expanded
from disquectl.shell.words import APPEND, PIPE, split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import BinaryIO

    from disquectl.shell.words import Handoff


class Outlet:
    """A context manager that gives the streams for one line, and sees its output through to the end.

    `pager` is the command for what is taller than the screen; empty is none.
    """

    def __init__(self, streams: Streams, handoff: Handoff | None, pager: str = "") -> None:
        self._streams = streams
        self._handoff = handoff
        self._pager = pager
        self._process: subprocess.Popen[bytes] | None = None
        self._out: BinaryIO | None = None

    def __enter__(self) -> Streams:
        base = self._streams
        if self._handoff is None:
            if not self._pager:
                return base
            self._out = PagedOut(base.stdout, self._pager)  # type: ignore[assignment]  # it has what we use
        elif self._handoff.symbol == PIPE:
            base.stdout.flush()
            self._process = subprocess.Popen(self._handoff.target, shell=True, stdin=subprocess.PIPE)
            self._out = self._process.stdin  # type: ignore[assignment]
        else:
            self._out = _open(self._handoff)
        assert self._out is not None
        return Streams(base.stdin, self._out, base.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._out is not None:
                self._out.close()
        except BrokenPipeError:
            pass  # it has what it wanted
        except OSError as failed:
            raise DataError(f"the result could not be written: {failed.strerror}") from None
        finally:
            if self._process is not None:
                wait_for(self._process)


def _open(handoff: Handoff) -> BinaryIO:
    line = split_line(handoff.target)
    if line.problem is not None or len(line.words) != 1 or line.handoff is not None:
        raise UsageError(f"one file name must stand behind the {handoff.symbol}, and nothing else")
    path = expanded(without_nul(line.words[0].text), os.environ)
    try:
        return open(path, "ab" if handoff.symbol == APPEND else "wb")
    except OSError as problem:
        raise DataError(f"cannot write {path}: {problem.strerror}") from None


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait to its end; Ctrl-C is its own affair."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


# A command that is at it for so long shows what it has.
SLOW_SECONDS = 1.0


class PagedOut(io.RawIOBase):
    """Keeps what is written until it is taller than the screen, and then starts the pager.

    What stays smaller is written in the end. It passes for the terminal that it stands before.
    """

    def __init__(self, out: BinaryIO, pager: str) -> None:
        self._terminal = out
        self._pager = pager
        self._kept = bytearray()
        self._process: subprocess.Popen[bytes] | None = None
        self._height = shutil.get_terminal_size().lines
        self._began = time.monotonic()
        self._slow = False

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._terminal.fileno()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all that writers write
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(data)
            return len(data)
        self._kept += data
        if not self._slow and self._kept.count(b"\n") >= self._height:
            self._start()
        return len(data)

    def flush(self) -> None:
        """What comes slowly is looked at as it comes, and not paged any more."""
        if not self._slow and self._process is None and time.monotonic() - self._began > SLOW_SECONDS:
            self._slow = True
        if self._slow and not self.closed:
            self._terminal.write(self._kept)
            self._terminal.flush()
            self._kept.clear()

    def _start(self) -> None:
        self._terminal.flush()
        environ = {"LESS": "FRX", **os.environ}
        self._process = subprocess.Popen(self._pager, shell=True, stdin=subprocess.PIPE, env=environ)
        assert self._process.stdin is not None
        self._process.stdin.write(self._kept)
        self._kept.clear()

    def close(self) -> None:
        if self.closed:
            return
        try:
            if self._process is None:
                self._terminal.write(self._kept)
                self._terminal.flush()
            elif self._process.stdin is not None:
                self._process.stdin.close()
        except BrokenPipeError:
            pass  # the pager was left
        finally:
            if self._process is not None:
                wait_for(self._process)
            super().close()


def pager_command(chosen: str | None, environ: dict[str, str]) -> str:
    """The pager to use: the one that was chosen, else PAGER, else less; empty where it is not there."""
    command = chosen if chosen is not None else environ.get("PAGER", "less")
    words = command.split()
    return command if words and shutil.which(words[0]) else ""
