"""The read-eval-print loop, and the entry point of the shell.

Without a terminal, it runs the lines of stdin.
"""

from __future__ import annotations

import os

from disquectl import __version__
from disquectl.config.file import load
from disquectl.errors import EXIT_OK
from disquectl.shell.actions import run_builtin
from disquectl.shell.options import ShellOptions
from disquectl.shell.refresh import Refresher
from disquectl.shell.script import attempt, run_script
from disquectl.shell.state import Shell
from disquectl.shell.words import commands_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from disquectl.execution.session import Session

    class Reader(Protocol):
        """Reads lines from the terminal."""

        def read_line(self) -> str | None:
            """Return the line, None at end of input."""

        def refresh(self) -> None:
            """Redraw: something has changed."""


# The first prompt waits at most this long for a node to answer; it was asked while modules were loading.
FIRST_ANSWER_SECONDS = 0.02


def start(session: Session, *, keep_going: bool) -> int:
    """Run the shell with the settings and streams of this session; return its exit code."""
    streams = session.streams
    settings = session.settings
    options = ShellOptions(settings.config or load(settings.config_path, os.environ))
    interactive = streams.stdin_is_terminal and streams.stdout_is_terminal
    shell = Shell(settings, streams, options, run_builtin, interactive=interactive)
    try:
        if not interactive:
            return run_script(shell, keep_going=keep_going)
        return _run_interactive(shell)
    finally:
        shell.close()


def _run_interactive(shell: Shell) -> int:
    shell.session.client  # noqa: B018 - asks for the password, if needed
    refresher = Refresher(shell)
    shell.connection_changed = refresher.hurry
    refresher.start()
    terminal = _reader(shell)
    refresher.changed = terminal.refresh
    shell.session.note(f"disquectl {__version__}. help explains, Ctrl-D leaves.")
    if refresher.first_done.wait(FIRST_ANSWER_SECONDS) and shell.names.problem:
        shell.session.note(f"not connected: {shell.names.problem}")
        locked = shell.names.problem.startswith("NOAUTH")
        shell.session.note(
            "Type auth to enter the password." if locked else "The shell connects as soon as a node answers."
        )
    for line in shell.options.start:
        attempt(shell, line)
    try:
        while not shell.leaving:
            text = terminal.read_line()
            if text is None:
                break
            for line in commands_of(text):
                if attempt(shell, line) or shell.leaving:
                    break
    finally:
        refresher.stop()
    return EXIT_OK


def _reader(shell: Shell) -> Reader:
    """Return the reader: prompt-toolkit, or plain lines on a dumb terminal."""
    if not shell.has_screen:
        from disquectl.shell.dumb import DumbTerminal

        return DumbTerminal(shell)
    from disquectl.shell.terminal import Terminal

    return Terminal(shell)
