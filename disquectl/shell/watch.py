"""\\watch: repeats a line until Ctrl-C."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.repeat import run_rounds
from disquectl.execution.streams import Streams
from disquectl.render.escape import for_terminal
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.shell.runner import acknowledges, run_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.state import Shell


def watch(shell: Shell, text: str, seconds: float) -> None:
    """Repeat the line. Only the first round asks for confirmation. Raises errors that are not transient."""
    invocation = _repeatable(text)
    if seconds <= 0:
        raise UsageError("the time between two runs must be more than 0")
    confirmed = False

    def run_round(streams: Streams) -> None:
        nonlocal confirmed
        if not confirmed:  # it may ask on stderr
            streams = Streams(streams.stdin, streams.stdout, shell.streams.stderr)
        run_command(shell, invocation, streams, yes=confirmed)
        confirmed = True

    run_rounds(
        run_round,
        shell.streams,
        title=for_terminal(text),
        seconds=seconds,
        times=None,
        in_place=shell.interactive and shell.has_screen,
    )


def _repeatable(text: str) -> ShellInvocation:
    invocation = interpret(read(text))
    if invocation.is_builtin or invocation.handoff is not None:
        raise UsageError("\\watch takes a command of Disque, without redirection")
    if invocation.command.is_streaming(invocation.words):
        raise UsageError(f"{invocation.command.name} already runs continuously")
    if acknowledges(invocation):
        raise UsageError(
            "\\watch shows only what fits the screen: leave out --ack, which acknowledges the rest unseen"
        )
    return invocation
