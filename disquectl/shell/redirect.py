"""Redirects the output of one line: to the terminal, a pager, a system command, or a file."""

from __future__ import annotations

import os
import subprocess

from disquectl.config.home import expanded
from disquectl.errors import DataError, UsageError
from disquectl.execution.pager import PagedOut
from disquectl.execution.process import ended_with, start, wait_for
from disquectl.execution.streams import Streams, reader_is_gone
from disquectl.shell.words import APPEND, PIPE, split_line
from disquectl.spec.param_types import without_nul

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import BinaryIO

    from disquectl.shell.words import Handoff


class Redirect:
    """A context manager that returns the streams for one line, and waits until its output is consumed.

    pager    the command for output taller than the screen; empty: none
    environ  the environment of the processes
    problem  set on exit if the command after the pipe failed or did not read everything; else empty
    """

    def __init__(
        self, streams: Streams, handoff: Handoff | None, environ: Mapping[str, str], pager: str = ""
    ) -> None:
        self.problem = ""
        self._streams = streams
        self._handoff = handoff
        self._environ = environ
        self._pager = pager
        self._process: subprocess.Popen[bytes] | None = None
        self._out: BinaryIO | None = None

    def __enter__(self) -> Streams:
        base = self._streams
        if self._handoff is None:
            if not self._pager:
                return base
            self._out = PagedOut(
                base.stdout, self._pager, self._environ, "\\pager off shows results without it"
            )  # type: ignore[assignment]  # it has the methods that are used
        elif self._handoff.symbol == PIPE:
            base.stdout.flush()
            self._process = start(self._handoff.target, self._environ, stdin=subprocess.PIPE)
            self._out = self._process.stdin  # type: ignore[assignment]
        else:
            self._out = _open(self._handoff)
        assert self._out is not None
        return Streams(base.stdin, self._out, base.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        gone = isinstance(problem, BrokenPipeError) or self._reader_is_gone()
        try:
            if self._out is not None:
                self._out.close()
        except BrokenPipeError:
            gone = True  # the reader has stopped reading
        except OSError as failed:
            raise DataError(f"the result could not be written: {failed.strerror}") from None
        finally:
            if self._process is not None and self._handoff is not None:
                code = wait_for(self._process)
                if code or gone:
                    how = ended_with(code) if code else "did not read to the end"
                    self.problem = f"`{self._handoff.target}` {how}"

    def _reader_is_gone(self) -> bool:
        return self._process is not None and self._out is not None and reader_is_gone(self._out)


def _open(handoff: Handoff) -> BinaryIO:
    line = split_line(handoff.target)
    name = line.words[0].text if len(line.words) == 1 else ""
    if line.problem is not None or not name or line.handoff is not None:
        raise UsageError(f"give one file name after the {handoff.symbol}, and nothing else")
    path = expanded(without_nul(name), os.environ)
    try:
        return open(path, "ab" if handoff.symbol == APPEND else "wb")
    except OSError as problem:
        raise DataError(f"cannot write {path}: {problem.strerror}") from None
