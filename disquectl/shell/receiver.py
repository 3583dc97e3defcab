"""Pipes into a command of disquectl, which the shell runs on its own connection: `jobs --ids | ack -`."""

from __future__ import annotations

import os
import tempfile
from copy import copy

from disquectl.commands import find
from disquectl.errors import DataError, PartlyDone, UsageError
from disquectl.execution.streams import Streams
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.shell.state import ShellSession
from disquectl.shell.words import PIPE, split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import BinaryIO

    from disquectl.execution.session import Session
    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.state import Shell
    from disquectl.shell.words import Handoff

    # Runs a command with these streams, over the connection of this session.
    Run = Callable[[Shell, ShellInvocation, Streams, Session], None]

RUN_BY_THE_SHELL = ("ack", "fastack", "nack", "enqueue", "dequeue", "deljob", "addjob", "load")


def receiving(handoff: Handoff | None) -> ShellInvocation | None:
    """Return the command after the pipe if the shell runs it itself, or None. Raises UsageError."""
    if handoff is None or handoff.symbol != PIPE:
        return None
    words = split_line(handoff.target).words
    command = None if not words or words[0].quoted else find(words[0].text.lower())
    if command is None or command.name not in RUN_BY_THE_SHELL:
        return None
    invocation = interpret(read(handoff.target))
    if invocation.is_builtin:
        raise UsageError(
            f"{command.name} after a | reads what is written to it", f"help {command.name} explains it"
        )
    return invocation


class Receiver:
    """A context manager like Redirect: what is written to its stdout becomes the stdin of a command.

    The command is run once, when the writer has ended successfully. With `each_flush`, for a writer that
    does not end, it is run for each flush, over a second connection to the same node; `flush` raises its
    errors.
    """

    def __init__(
        self, shell: Shell, invocation: ShellInvocation, base: Streams, run: Run, *, each_flush: bool
    ) -> None:
        self.problem = ""
        self._shell = shell
        self._command = invocation
        self._base = base
        self._run = run
        self._each_flush = each_flush
        self._session: Session = shell.session

    def __enter__(self) -> Streams:
        try:
            self._file: BinaryIO = tempfile.TemporaryFile()
        except OSError as problem:
            raise DataError(f"cannot make a temporary file: {problem.strerror}") from None
        if self._each_flush:
            self._session = _second_session(self._shell)
        return Streams(self._base.stdin, self, self._base.stderr)  # type: ignore[arg-type]  # it has the methods that are used

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        name = self._command.command.name
        self.problem = f"{name} was not run"
        try:
            if problem is None or (isinstance(problem, PartlyDone) and not self._each_flush):
                self.problem = f"{name} failed"
                self._hand_over()
                self.problem = ""
        finally:
            self._file.close()
            if self._session is not self._shell.session:
                self._session.__exit__()

    def isatty(self) -> bool:
        """Return False: it is a file."""
        return False

    def fileno(self) -> int:
        """Return the descriptor of the file that buffers what was written."""
        return self._file.fileno()

    def write(self, data: bytes) -> int:
        """Buffer it for the command."""
        return self._file.write(data)

    def flush(self) -> None:
        """Run the command for what was written, if `each_flush`."""
        self._file.flush()
        if self._each_flush:
            self._hand_over()

    def _hand_over(self) -> None:
        self._file.flush()
        if self._each_flush and not os.fstat(self._file.fileno()).st_size:
            return
        self._file.seek(0)
        streams = Streams(self._file, self._base.stdout, self._base.stderr)
        self._run(self._shell, self._command, streams, self._session)
        if self._shell.exit_code:
            raise PartlyDone(f"{self._command.command.name} ended with {self._shell.exit_code}")
        self._file.seek(0)
        self._file.truncate()


def _second_session(shell: Shell) -> ShellSession:
    """Return a session like that of the shell, with the connected node as its first seed."""
    settings = copy(shell.settings)
    connected = shell.session.client.node
    if connected is not None:
        settings.nodes = list(dict.fromkeys([connected, *settings.nodes]))
    return ShellSession(settings, shell.streams, shell.tracer)
