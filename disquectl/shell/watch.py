"""\\watch: repeats a line until Ctrl-C, redrawing it in place without flicker."""

from __future__ import annotations

import io
import shutil
import time

from disquectl.errors import ConnectionFailed, NoAnswer, NothingThere, UsageError
from disquectl.execution.streams import Streams
from disquectl.render.escape import for_terminal
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.shell.runner import acknowledges, run_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.state import Shell

CLEAR, HOME, END_OF_LINE, BELOW = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"
# Errors that the next round may not have: they are shown, and do not end it.
TRANSIENT = (ConnectionFailed, NoAnswer, NothingThere)


class Screen(io.BytesIO):
    """Buffers the output of one round; `isatty` is that of the terminal it will be drawn on."""

    def __init__(self, terminal: BinaryIO) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal.isatty()

    def fileno(self) -> int:
        return self._terminal.fileno()


def watch(shell: Shell, text: str, seconds: float) -> None:
    """Repeat the line. Only the first round asks for confirmation. Raises errors that are not transient."""
    invocation = _repeatable(text)
    in_place = shell.interactive and shell.has_screen
    rounds = 0
    while True:
        shown = _round(shell, invocation, first=rounds == 0)
        title = f"Every {seconds:g}s: {for_terminal(text)}    {time.strftime('%H:%M:%S')}    Ctrl-C ends"
        _show(shell, title, shown, in_place=in_place, first=rounds == 0)
        rounds += 1
        time.sleep(seconds)


def _repeatable(text: str) -> ShellInvocation:
    invocation = interpret(read(text))
    if invocation.is_builtin or invocation.handoff is not None:
        raise UsageError("\\watch takes a command of Disque, without redirection")
    if invocation.command.is_streaming is not None and invocation.command.is_streaming(invocation.words):
        raise UsageError(f"{invocation.command.name} already runs continuously")
    if acknowledges(invocation):
        raise UsageError(
            "\\watch shows only what fits the screen: leave out --ack, which acknowledges the rest unseen"
        )
    return invocation


def _round(shell: Shell, invocation: ShellInvocation, *, first: bool) -> bytes:
    """Run the command once; return its output."""
    out = Screen(shell.streams.stdout)
    err = shell.streams.stderr if first else out
    try:
        run_command(shell, invocation, Streams(shell.streams.stdin, out, err), yes=not first)
    except TRANSIENT as problem:
        out.write(f"{for_terminal(problem.message)}\n".encode())
    return out.getvalue()


def _show(shell: Shell, title: str, shown: bytes, *, in_place: bool, first: bool) -> None:
    if not in_place:
        shell.streams.put(title.encode() + b"\n" + shown)
        return
    height = shutil.get_terminal_size().lines
    lines = [title, "", *shown.decode("utf-8", "replace").splitlines()][: height - 1]
    body = "".join(f"{line}{END_OF_LINE}\r\n" for line in lines)
    # In one write, so that the terminal never shows a part of it.
    shell.streams.put(f"{CLEAR if first else ''}{HOME}{body}{BELOW}".encode())
