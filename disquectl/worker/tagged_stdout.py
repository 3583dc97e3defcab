"""The stdout of commands with --tag: each line has the ID of its job, and lines are written whole."""

from __future__ import annotations

import os
from math import inf

from disquectl.render.escape import for_terminal
from disquectl.worker.log_output import BEHIND_BYTES, LogOutput
from disquectl.worker.poller import WRITE
from disquectl.worker.stdout import STDOUT, Stdout, is_same_terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.log import Log, Writer
    from disquectl.worker.poller import Poller

# How long writing the last lines may take.
_LAST_SECONDS = 5.0


class TaggedStdout(Stdout):
    """The commands write to pipes, which `child` reads. Nothing that blocks: what waits is written later."""

    def __init__(self, poller: Poller, log: Log, gone: Callable[[str], object]) -> None:
        super().__init__(poller, log, gone, may_be_terminal=False)
        self._is_terminal = os.isatty(STDOUT)
        self._is_of_log = log.is_live and is_same_terminal()
        self._out = LogOutput(STDOUT if _is_open() else -1, inf)
        self._waits = False

    @property
    def is_behind(self) -> bool:
        """Whether so much is waiting to be written that commands should write no more for now."""
        return self._out.waiting_bytes > BEHIND_BYTES

    @property
    def has_failed(self) -> bool:
        """Whether output was lost."""
        return self._out.failure is not None

    @property
    def is_gone(self) -> bool:
        """Whether stdout takes no more."""
        return self.has_failed or super().is_gone

    def show(self, job: Writer | None, lines: list[bytes]) -> None:
        """Write these lines of a job's command or function, or of none."""
        if self._is_terminal:
            lines = [for_terminal(line).encode() for line in lines]
        tag = job.id.encode() + b" " if job is not None else b""
        data = b"".join(tag + line + b"\n" for line in lines)
        if self._is_of_log:
            self._log.child_stdout(data)
        else:
            self._out.raw(data)
            self._written()

    def close(self) -> None:
        """Write the rest, for a few seconds."""
        self._out.finish(_LAST_SECONDS)
        if self.has_failed:
            self._written()
        if self._out.waiting_bytes:
            self._log.message(f"{self._out.waiting_bytes} bytes of output are lost: stdout was not read")
        super().close()

    def _flush(self, _events: int) -> None:
        self._out.flush()
        self._written()

    def _written(self) -> None:
        """After an attempt to write: wait until the rest can be written, or report that it cannot."""
        problem = self._out.failure
        if problem is not None and not isinstance(problem, BrokenPipeError):
            self._lost_for(f"stdout cannot be written ({problem.strerror})")
        elif self._out.waiting_bytes and not self._waits:
            self._waits = True
            self._poller.set(STDOUT, WRITE, self._flush)
        elif not self._out.waiting_bytes and self._waits:
            self._waits = False
            self._watch()


def _is_open() -> bool:
    try:
        os.fstat(STDOUT)
    except OSError:
        return False
    return True
