"""Starts system commands and waits for them."""

from __future__ import annotations

import subprocess

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Exit codes of sh for a command that it cannot run or does not find.
CANNOT_START = (126, 127)


def start(
    command: str | list[str], environ: Mapping[str, str], *, stdin: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a command; a string is a line for sh. Raises DataError if the process cannot be started."""
    try:
        return subprocess.Popen(command, shell=isinstance(command, str), stdin=stdin, env=environ)
    except OSError as problem:
        name = command if isinstance(command, str) else command[0]
        raise DataError(f"cannot start {name}: {problem.strerror}") from None


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait for its end; return the exit code, negative for a signal. Ctrl-C is left to the command."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def ended_with(code: int) -> str:
    """Return how it ended, for messages."""
    return f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
