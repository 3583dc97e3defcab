"""Runs the commands of the live screen on the whole terminal, as the shell does, and waits for Enter."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import NamedTemporaryFile

from disquectl.commands import find
from disquectl.errors import UsageError
from disquectl.render.ansi import BOLD
from disquectl.render.escape import for_message
from disquectl.shell.actions import run_builtin
from disquectl.shell.grammar import read
from disquectl.shell.options import ShellOptions
from disquectl.shell.script import attempt, report
from disquectl.shell.state import Shell
from disquectl.shell.words import quoted
from disquectl.top.quoting import as_pasted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.execution.session import Session

# They take the terminal for themselves, or do not end.
_REFUSED = ("shell", "top", "work", "sandbox")


class Commands:
    """Keeps the connection of the commands. Call `close` at the end."""

    def __init__(self, session: Session) -> None:
        self._streams = session.streams
        self._shell = Shell(
            session.settings,
            session.streams,
            ShellOptions(session.settings.config),
            run_builtin,
            interactive=True,
        )

    def close(self) -> None:
        """Close the connection."""
        self._shell.close()

    def run(self, lines: tuple[str, ...], ids: tuple[bytes, ...] = ()) -> None:
        """Show each line as a command line, run it, and wait for Enter; the first that fails is the last.

        `ids`: job IDs that each command takes by --ids-from, from a file that is removed afterwards.
        """
        with _file_of(ids) as option:
            self._run([_with_option(line, option) for line in lines])
        self._streams.say("\nPress Enter to return.")
        try:
            self._streams.stdin.readline()
        except KeyboardInterrupt:
            self._streams.say("")

    def _run(self, lines: list[str]) -> None:
        for line in lines:
            self._streams.say(f"$ disquectl {for_message(as_pasted(line))}", BOLD)
            try:
                check(line)
            except UsageError as problem:
                report(self._shell, problem.message, problem.advice)
                break
            if attempt(self._shell, line):
                break


def _with_option(line: str, option: str) -> str:
    """The line with an option: right after the command's name where `--` makes the rest data."""
    return line.replace(" ", f"{option} ", 1) if " -- " in line else line + option


@contextmanager
def _file_of(ids: tuple[bytes, ...]) -> Iterator[str]:
    """The option --ids-from with a file of these IDs, which only this user can read; "" without IDs."""
    if not ids:
        yield ""
        return
    with NamedTemporaryFile(prefix="disquectl-top-", suffix=".ids") as file:
        file.write(b"\n".join(ids) + b"\n")
        file.flush()
        yield f" --ids-from {quoted(file.name)}"


def check(line: str) -> None:
    """Raise UsageError for a line that is more than a command of disquectl, or one without an end."""
    reading = read(line)
    words = [word.text.lower() for word in reading.line.words[:1]]
    if reading.line.handoff is not None:
        raise UsageError("a command cannot be redirected here", "use the shell: disquectl shell")
    if reading.is_builtin and words != ["help"]:
        raise UsageError(f"{words[0]} is for the shell alone", "use it in disquectl shell")
    name = reading.command.name if reading.command is not None else ""
    if name in _REFUSED or (words and words[0] in _REFUSED and find(words[0])):
        raise UsageError(f"{name or words[0]} cannot be run here", "use another terminal")
