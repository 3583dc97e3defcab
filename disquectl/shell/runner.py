"""Runs one line: reads it, tells what should be known about it, and steps onto the road of the commands.

It knows no prompt-toolkit: the same is done with lines from a terminal, a file, or \\source.
"""

from __future__ import annotations

import os
import time

from disquectl.errors import DisquectlError, PartlyDone, UsageError
from disquectl.execution.dispatch import run as run_row
from disquectl.shell.grammar import read
from disquectl.shell.held_jobs import HeldJobs
from disquectl.shell.interpret import interpret
from disquectl.shell.line_settings import connects_itself, overlaid
from disquectl.shell.receiver import Receiver, receiving
from disquectl.shell.redirect import Redirect
from disquectl.shell.session import LineSession
from disquectl.shell.words import PIPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.config.settings import Settings
    from disquectl.execution.session import Session
    from disquectl.execution.streams import Streams
    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.state import Shell

# Words with which a lasting command comes to an end by itself.
ENDING = ("max_jobs", "idle")


def run_line(shell: Shell, text: str) -> None:
    """Carry out one line. Raises DisquectlError, KeyboardInterrupt where it was interrupted."""
    reading = read(text)
    if not reading.parts and reading.line.handoff is None:
        return
    invocation = interpret(reading)
    started = time.monotonic()
    try:
        if invocation.own:
            shell.act(shell, invocation, reading)
            return
        shell.last_line = text
        run_command(shell, invocation)
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


def run_command(
    shell: Shell, invocation: ShellInvocation, streams: Streams | None = None, *, yes: bool = False
) -> None:
    """Carry out what a line asks for; `streams` where its output does not go the usual way."""
    if streams is not None:
        _on_the_road(shell, invocation, _settings(shell, invocation, yes=yes), streams, shell.session)
    else:
        _with_handoff(shell, invocation, shell.streams, shell.session)


def _settings(shell: Shell, invocation: ShellInvocation, *, yes: bool = False) -> Settings:
    settings = overlaid(shell.settings, invocation.settings, os.environ)
    settings.yes = settings.yes or yes
    command = invocation.command
    if command.name == "shell":
        raise UsageError("this is the shell")
    if not command.connects and connects_itself(invocation.settings):
        raise UsageError(f"{command.name} connects to nothing: it takes no such option")
    _tell(shell, invocation)
    return settings


def _with_handoff(shell: Shell, invocation: ShellInvocation, base: Streams, home: Session) -> None:
    """Carry it out, and hand its output on where the line says so."""
    settings = _settings(shell, invocation)
    handoff = invocation.handoff
    if handoff is not None and settings.output == "table":
        settings.output = None
    command = invocation.command
    lasting = command.is_streaming is not None and command.is_streaming(invocation.words)
    endless = lasting and (
        "follow" in invocation.words or not any(name in invocation.words for name in ENDING)
    )
    receiver = receiving(handoff)
    outlet: Redirect | Receiver
    if receiver is not None:
        outlet = Receiver(shell, receiver, base, _with_handoff, each_flush=endless)
    else:
        paged = shell.pager_on and shell.interactive and not lasting and not acknowledges(invocation)
        outlet = Redirect(base, handoff, shell.environment(), shell.pager if paged else "")
    if handoff is not None and handoff.symbol == PIPE and acknowledges(invocation):
        _acknowledging(shell, invocation, settings, outlet, home)
        return
    with outlet as streams:
        _on_the_road(shell, invocation, settings, streams, home)


def _acknowledging(
    shell: Shell, invocation: ShellInvocation, settings: Settings, outlet: Redirect | Receiver, home: Session
) -> None:
    """What goes into a pipe is acknowledged when the command behind it has ended with 0.

    --follow does not end: each batch is acknowledged once the pipe has taken it.
    """
    held = None if "follow" in invocation.words else HeldJobs()
    try:
        with outlet as streams:
            _on_the_road(shell, invocation, settings, streams, home, held=held)
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


def acknowledges(invocation: ShellInvocation) -> bool:
    """Whether it acknowledges the jobs that it prints."""
    return bool(invocation.words.get("ack"))


def _tell(shell: Shell, invocation: ShellInvocation) -> None:
    """What is to be known before: that nobody knows the command."""
    if invocation.unknown:
        words = invocation.words["word"]
        name = words[0] if isinstance(words, tuple) else ""
        shell.session.warn(f"unknown command {name}: it is sent as it is")


def _on_the_road(
    shell: Shell,
    invocation: ShellInvocation,
    settings: Settings,
    streams: Streams,
    home: Session,
    *,
    held: HeldJobs | None = None,
) -> None:
    """Run the row, over the connection of `home` unless the line asks for one of its own."""
    queue = invocation.words.get("queue")
    session = LineSession(
        settings,
        streams,
        seen=shell.seen,
        vertical=shell.vertical,
        queue=queue if isinstance(queue, str) else "",
    )
    session.holder = held
    before = shell.wiretap.echo, shell.wiretap.tracer.show_secrets
    if not connects_itself(invocation.settings):
        session.borrow(home.client, shell.wiretap)
    with session:
        try:
            run_row(invocation.command, invocation.words, session)
        finally:
            shell.wiretap.listen(*before)
    shell.exit_code = session.exit_code
