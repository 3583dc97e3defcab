"""Commands of the system that the shell starts, and waits for."""

from __future__ import annotations

import subprocess

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# What sh ends with where it cannot run the command, or does not find it.
CANNOT_START = (126, 127)


def start(
    command: str | list[str], environ: Mapping[str, str], *, stdin: int | None = None
) -> subprocess.Popen[bytes]:
    """Start it; text is a line for sh. Raises DataError where the system starts no process."""
    try:
        return subprocess.Popen(command, shell=isinstance(command, str), stdin=stdin, env=environ)
    except OSError as problem:
        name = command if isinstance(command, str) else command[0]
        raise DataError(f"cannot start {name}: {problem.strerror}") from None


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait for its end; the exit code, negative for a signal. Ctrl-C is left to the command."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def ended_with(code: int) -> str:
    """How it ended, in words."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
