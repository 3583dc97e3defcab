"""The pager: output taller than the screen goes through it, unless it comes slowly."""

from __future__ import annotations

import io
import shutil
import subprocess
import time

from disquectl.errors import DataError
from disquectl.shell.process import CANNOT_START, ended_with, start, wait_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

# Commands that run longer than this bypass the pager.
SLOW_SECONDS = 1.0


class PagedOut(io.RawIOBase):
    """A stream that buffers output until it is taller than the screen, then starts the pager.

    Smaller output is written to the terminal on close. `isatty` is true, as for the terminal itself.
    """

    def __init__(self, out: BinaryIO, pager: str, environ: Mapping[str, str]) -> None:
        self._terminal = out
        self._pager = pager
        self._environ = environ
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

    def write(self, data: bytes) -> int:  # type: ignore[override]  # writers only write bytes
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(data)
            return len(data)
        self._kept += data
        if not self._slow and self._kept.count(b"\n") >= self._height:
            self._start()
        return len(data)

    def flush(self) -> None:
        """Write to the terminal, without the pager, once the command has run for SLOW_SECONDS."""
        if not self._slow and self._process is None and time.monotonic() - self._began > SLOW_SECONDS:
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
            raise DataError(
                f"the pager {self._pager} {ended_with(code)}", "\\pager off shows results without it"
            )


def pager_command(chosen: str | None, environ: Mapping[str, str]) -> str:
    """Return the chosen pager, else PAGER, else less; empty if it is not installed."""
    command = chosen if chosen is not None else environ.get("PAGER", "less")
    words = command.split()
    return command if words and shutil.which(words[0]) else ""
