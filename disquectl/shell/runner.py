"""Runs one line: reads it, tells what should be known about it, and steps onto the road of the commands.

It knows no prompt-toolkit: the same is done with lines from a terminal, a file, or \\source.
"""

from __future__ import annotations

import os
import time

from disquectl.commands.road import run as run_row
from disquectl.errors import DisquectlError, PartlyDone, UsageError
from disquectl.shell.grammar import read
from disquectl.shell.held import HeldJobs
from disquectl.shell.interpret import interpret
from disquectl.shell.outlet import Outlet
from disquectl.shell.overlay import connects_itself, overlaid
from disquectl.shell.receiver import Receiver, receiving
from disquectl.shell.session import LineSession
from disquectl.shell.words import PIPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.session import Session
    from disquectl.commands.streams import Streams
    from disquectl.config import Settings
    from disquectl.shell.interpret import Command
    from disquectl.shell.state import Shell

# Words with which a lasting command comes to an end by itself.
ENDING = ("max_jobs", "idle")


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
        shell.note_node()
    _say_time(shell, started)


def _say_time(shell: Shell, started: float) -> None:
    if shell.timing:
        shell.session.note(f"{(time.monotonic() - started) * 1000:.1f} ms")


def run_command(shell: Shell, command: Command, streams: Streams | None = None, *, yes: bool = False) -> None:
    """Carry out what a line asks for; `streams` where its output does not go the usual way."""
    if streams is not None:
        _on_the_road(shell, command, _settings(shell, command, yes=yes), streams, shell.session)
    else:
        _with_handoff(shell, command, shell.streams, shell.session)


def _settings(shell: Shell, command: Command, *, yes: bool = False) -> Settings:
    settings = overlaid(shell.settings, command.settings, os.environ)
    settings.yes = settings.yes or yes
    row = command.row
    if row.name == "shell":
        raise UsageError("this is the shell")
    if not row.connects and connects_itself(command.settings):
        raise UsageError(f"{row.name} connects to nothing: it takes no such option")
    _tell(shell, command)
    return settings


def _with_handoff(shell: Shell, command: Command, base: Streams, home: Session) -> None:
    """Carry it out, and hand its output on where the line says so."""
    settings = _settings(shell, command)
    handoff = command.handoff
    if handoff is not None and settings.output == "table":
        settings.output = None
    row = command.row
    lasting = row.lasting is not None and row.lasting(command.words)
    endless = lasting and ("follow" in command.words or not any(name in command.words for name in ENDING))
    receiver = receiving(handoff)
    outlet: Outlet | Receiver
    if receiver is not None:
        outlet = Receiver(shell, receiver, base, _with_handoff, each_flush=endless)
    else:
        paged = shell.pager_on and shell.interactive and not lasting and not acknowledges(command)
        outlet = Outlet(base, handoff, shell.environment(), shell.pager if paged else "")
    if handoff is not None and handoff.symbol == PIPE and acknowledges(command):
        _acknowledging(shell, command, settings, outlet, home)
        return
    with outlet as streams:
        _on_the_road(shell, command, settings, streams, home)


def _acknowledging(
    shell: Shell, command: Command, settings: Settings, outlet: Outlet | Receiver, home: Session
) -> None:
    """What goes into a pipe is acknowledged when the command behind it has ended with 0.

    --follow does not end: each batch is acknowledged once the pipe has taken it.
    """
    held = None if "follow" in command.words else HeldJobs()
    try:
        with outlet as streams:
            _on_the_road(shell, command, settings, streams, home, held=held)
    except BrokenPipeError:
        if held is None:
            raise PartlyDone(
                f"the last jobs were not acknowledged: {outlet.problem}",
                "they come back when their retry time is over",
            ) from None
        held.settle(outlet.problem)
    except BaseException:
        try:
            if held is not None:
                held.settle(outlet.problem)
        except PartlyDone as left:
            shell.session.problem(f"{left.message} ({left.advice})" if left.advice else left.message)
        raise
    else:
        if held is not None:
            held.settle(outlet.problem)


def acknowledges(command: Command) -> bool:
    """Whether it acknowledges the jobs that it prints."""
    return bool(command.words.get("ack"))


def _tell(shell: Shell, command: Command) -> None:
    """What is to be known before: that nobody knows the command."""
    if command.unknown:
        words = command.words["word"]
        name = words[0] if isinstance(words, tuple) else ""
        shell.session.warn(f"unknown command {name}: it is sent as it is")


def _on_the_road(
    shell: Shell,
    command: Command,
    settings: Settings,
    streams: Streams,
    home: Session,
    *,
    held: HeldJobs | None = None,
) -> None:
    """Run the row, over the connection of `home` unless the line asks for one of its own."""
    queue = command.words.get("queue")
    session = LineSession(
        settings,
        streams,
        seen=shell.seen,
        vertical=shell.vertical,
        queue=queue if isinstance(queue, str) else "",
    )
    session.holder = held
    before = shell.wiretap.echo, shell.wiretap.tap.show_secrets
    if not connects_itself(command.settings):
        session.borrow(home.client, shell.wiretap)
    with session:
        try:
            run_row(command.row, command.words, session)
        finally:
            shell.wiretap.listen(*before)
    shell.exit_code = session.exit_code
