"""Runs one line: parses it, applies its options, redirects its output, and dispatches the command.

Knows no prompt-toolkit: lines come from a terminal, from stdin, or from \\source.
"""

from __future__ import annotations

import os
import time

from disquectl.errors import DisquectlError, PartlyDone, UsageError
from disquectl.execution.dispatch import run as dispatch
from disquectl.execution.pager import may_page
from disquectl.execution.session import Session
from disquectl.execution.unconnected import without_connection
from disquectl.render.escape import for_terminal
from disquectl.shell.grammar import read
from disquectl.shell.held_jobs import HeldJobs
from disquectl.shell.interpret import interpret
from disquectl.shell.line_settings import connects_itself, settings_for_line
from disquectl.shell.receiver import Receiver, receiving
from disquectl.shell.redirect import Redirect
from disquectl.shell.session import LineSession
from disquectl.shell.similar import did_you_mean, similar_commands
from disquectl.shell.words import PIPE, quoted
from disquectl.spec.habits import habit_of_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.config.settings import Settings
    from disquectl.execution.streams import Streams
    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.state import Shell

# Options with which a streaming command ends by itself.
ENDING = ("max_jobs", "idle")


def run_line(shell: Shell, text: str) -> None:
    """Run one line. Raises DisquectlError; KeyboardInterrupt on Ctrl-C."""
    reading = read(text)
    if not reading.parts and reading.line.handoff is None:
        return
    invocation = interpret(reading)
    started = time.monotonic()
    try:
        if invocation.is_builtin:
            shell.run_builtin(shell, invocation, reading)
            return
        shell.last_line = text
        run_command(shell, invocation)
    except DisquectlError:
        _report_time(shell, started)
        raise
    finally:
        shell.names.wanted = True
        shell.note_node()
    _report_time(shell, started)


def _report_time(shell: Shell, started: float) -> None:
    if shell.timing:
        shell.session.note(f"{(time.monotonic() - started) * 1000:.1f} ms")


def run_command(
    shell: Shell, invocation: ShellInvocation, streams: Streams | None = None, *, yes: bool = False
) -> None:
    """Run a command; with `streams`, its redirection and the pager are ignored."""
    if streams is not None:
        _dispatch(shell, invocation, _settings(shell, invocation, yes=yes), streams, shell.session)
    else:
        _run_redirected(shell, invocation, shell.streams, shell.session)


def _settings(shell: Shell, invocation: ShellInvocation, *, yes: bool = False) -> Settings:
    command = invocation.command
    if command.name == "shell":
        raise UsageError("this is the shell already")
    if not command.connects:
        invocation.words, invocation.settings = without_connection(
            command, invocation.words, invocation.settings
        )
    settings = settings_for_line(shell.settings, invocation.settings, os.environ)
    settings.yes = settings.yes or yes
    _check_unknown(shell, invocation, settings)
    return settings


def _run_redirected(shell: Shell, invocation: ShellInvocation, base: Streams, owner: Session) -> None:
    """Run a command and redirect its output as the line says. `owner` owns the connection."""
    settings = _settings(shell, invocation)
    handoff = invocation.handoff
    if handoff is not None and settings.output == "table":
        settings.output = None
    command = invocation.command
    streaming = command.is_streaming is not None and command.is_streaming(invocation.words)
    endless = streaming and (
        "follow" in invocation.words or not any(name in invocation.words for name in ENDING)
    )
    receiver = receiving(handoff)
    redirect: Redirect | Receiver
    if receiver is not None:
        redirect = Receiver(shell, receiver, base, _run_redirected, each_flush=endless)
    else:
        paged = shell.pager_on and shell.interactive and may_page(command, invocation.words)
        redirect = Redirect(base, handoff, shell.environment(), shell.pager if paged else "")
    if handoff is not None and handoff.symbol == PIPE and acknowledges(invocation):
        _acknowledging(shell, invocation, settings, redirect, owner)
        return
    with redirect as streams:
        _dispatch(shell, invocation, settings, streams, owner)


def _acknowledging(
    shell: Shell,
    invocation: ShellInvocation,
    settings: Settings,
    redirect: Redirect | Receiver,
    owner: Session,
) -> None:
    """Run a getjob --ack into a pipe: jobs are acknowledged when the command after it has exited with 0.

    --follow does not end: each batch is acknowledged once it is written to the pipe.
    """
    held = None if "follow" in invocation.words else HeldJobs()
    try:
        with redirect as streams:
            _dispatch(shell, invocation, settings, streams, owner, held=held)
    except BrokenPipeError:
        if held is None:
            raise PartlyDone(
                f"the last jobs were not acknowledged: {redirect.problem}",
                "delivered again after the retry time",
            ) from None
        held.settle(redirect.problem)
    except BaseException:
        try:
            if held is not None:
                held.settle(redirect.problem)
        except PartlyDone as left:
            shell.session.problem(f"{left.message} ({left.advice})" if left.advice else left.message)
        raise
    else:
        if held is not None:
            held.settle(redirect.problem)


def acknowledges(invocation: ShellInvocation) -> bool:
    """Whether the command acknowledges the jobs that it prints."""
    return bool(invocation.words.get("ack"))


def _check_unknown(shell: Shell, invocation: ShellInvocation, settings: Settings) -> None:
    """Warn that an unknown command is sent as typed; ask first if it may be a misspelling of a known one.

    Raises UsageError if there is no terminal to ask on, and Declined.
    """
    if not invocation.unknown:
        return
    words = invocation.words["word"]
    name = words[0] if isinstance(words, tuple) else ""
    similar = similar_commands(name)
    asker = Session(settings, shell.streams)
    if not similar or asker.answered:
        habit = habit_of_command(name)
        meant = f" (did you mean `{habit}`?)" if habit else ""
        shell.session.warn(f"unknown command {name}: sending it as typed{meant}")
    elif not asker.can_ask:
        raise UsageError(
            f"no such command: {name!r}",
            f"{did_you_mean(similar)} To send it as typed: exec {quoted(name)} ...",
        )
    else:
        word = for_terminal(name)
        asker.ask(f"There is no command {word}; {did_you_mean(similar)}\nSend {word} to the server as typed?")


def _dispatch(
    shell: Shell,
    invocation: ShellInvocation,
    settings: Settings,
    streams: Streams,
    owner: Session,
    *,
    held: HeldJobs | None = None,
) -> None:
    """Run the command over the connection of `owner`, unless the line has connection options."""
    queue = invocation.words.get("queue")
    session = LineSession(
        settings,
        streams,
        recent_ids=shell.recent_ids,
        vertical=shell.vertical,
        queue=queue if isinstance(queue, str) else "",
    )
    session.holder = held
    before = shell.tracer.echo, shell.tracer.observer.show_secrets
    if not connects_itself(invocation.settings):
        session.borrow(owner.client, shell.tracer)
    with session:
        try:
            dispatch(invocation.command, invocation.words, session)
        finally:
            shell.tracer.listen(*before)
    shell.exit_code = session.exit_code
