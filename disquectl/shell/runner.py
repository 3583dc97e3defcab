"""Runs one line: reads it, tells what should be known about it, and steps onto the road of the commands.

It knows no prompt-toolkit: the same is done with lines from a terminal, a file, or \\source.
"""

from __future__ import annotations

import os
import time

from disquectl.commands.road import run as run_row
from disquectl.errors import DisquectlError, UsageError
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.shell.outlet import Outlet
from disquectl.shell.overlay import connects_itself, overlaid
from disquectl.shell.session import LineSession

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.streams import Streams
    from disquectl.config import Settings
    from disquectl.shell.interpret import Command
    from disquectl.shell.state import Shell


def run_line(shell: Shell, text: str) -> None:
    """Carry out one line. Raises DisquectlError, KeyboardInterrupt where it was interrupted."""
    reading = read(text)
    if not reading.parts and reading.line.handoff is None:
        return
    command = interpret(reading)
    started = time.monotonic()
    try:
        if command.own:
            shell.act(shell, command, reading)
            return
        shell.last_line = text
        run_command(shell, command)
    except DisquectlError:
        _say_time(shell, started)
        raise
    finally:
        shell.names.wanted = True
    _say_time(shell, started)


def _say_time(shell: Shell, started: float) -> None:
    if shell.timing:
        shell.session.note(f"{(time.monotonic() - started) * 1000:.1f} ms")


def run_command(shell: Shell, command: Command, streams: Streams | None = None, *, yes: bool = False) -> None:
    """Carry out what a line asks for; `streams` where its output does not go the usual way."""
    settings = overlaid(shell.settings, command.settings, os.environ)
    settings.yes = settings.yes or yes
    row = command.row
    if row.name == "shell":
        raise UsageError("this is the shell")
    if not row.connects and connects_itself(command.settings):
        raise UsageError(f"{row.name} connects to nothing: it takes no such option")
    _tell(shell, command)
    if streams is not None:
        _on_the_road(shell, command, settings, streams)
        return
    if command.handoff is not None and settings.output == "table":
        settings.output = None
    lasting = row.lasting is not None and row.lasting(command.words)
    pager = shell.pager if shell.pager_on and shell.interactive and not lasting else ""
    with Outlet(shell.streams, command.handoff, pager) as outlet:
        _on_the_road(shell, command, settings, outlet)


def _tell(shell: Shell, command: Command) -> None:
    """What is to be known before: that nobody knows the command."""
    if command.unknown:
        words = command.words["word"]
        name = words[0] if isinstance(words, tuple) else ""
        shell.session.warn(f"unknown command {name}: it is sent as it is")


def _on_the_road(shell: Shell, command: Command, settings: Settings, streams: Streams) -> None:
    queue = command.words.get("queue")
    session = LineSession(
        settings,
        streams,
        seen=shell.seen,
        vertical=shell.vertical,
        queue=queue if isinstance(queue, str) else "",
    )
    if not connects_itself(command.settings):
        session.borrow(shell.session.client, shell.wiretap)
    with session:
        try:
            run_row(command.row, command.words, session)
        finally:
            shell.wiretap.listen(None, False)
    shell.exit_code = session.exit_code
