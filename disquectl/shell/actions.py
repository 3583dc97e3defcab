"""Runs the shell's own commands, one function each; `builtins` declares them."""

from __future__ import annotations

import os

from disquectl.config.home import expanded
from disquectl.errors import DataError, UsageError
from disquectl.execution.inputs import read_file
from disquectl.execution.process import ended_with, start, wait_for
from disquectl.render.escape import for_terminal
from disquectl.shell import builtins
from disquectl.shell.builtins import SETTINGS
from disquectl.shell.explain import explain, settings_text
from disquectl.shell.grammar import read
from disquectl.shell.history import HistoryFile, history_path
from disquectl.shell.interpret import interpret
from disquectl.shell.line_settings import with_connection
from disquectl.shell.options import prompt_problem
from disquectl.shell.parts import OPTION, VALUE
from disquectl.shell.redirect import Redirect
from disquectl.shell.runner import run_line
from disquectl.shell.watch import watch
from disquectl.shell.words import WRITE, commands_of
from disquectl.spec.global_options import FORMATS
from disquectl.spec.param_types import seconds_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.shell.interpret import ShellInvocation
    from disquectl.shell.parts import Reading
    from disquectl.shell.state import Shell
    from disquectl.spec.parameters import Raw

MAX_DEPTH = 8
# The commands whose output can be redirected.
WITH_OUTPUT = (builtins.HELP, builtins.HISTORY, builtins.REPEAT)
CLEAR_SCREEN = "\x1b[H\x1b[2J"


def run_builtin(shell: Shell, invocation: ShellInvocation, reading: Reading) -> None:
    """Run one of the shell's own commands. Raises UsageError for wrong arguments."""
    if invocation.handoff is not None and invocation.command not in WITH_OUTPUT:
        raise UsageError(f"{invocation.command.name} has no output to redirect")
    for argument in invocation.command.grammar.arguments:
        value = invocation.words.get(argument.name)
        if isinstance(value, str):
            argument.type.convert(value)
    if invocation.command is builtins.HELP:
        _help(shell, invocation)
    elif invocation.command is builtins.SYSTEM_COMMAND:
        _system(shell, reading)
    elif invocation.command is builtins.CONNECT:
        _connect(shell, invocation)
    elif invocation.command is builtins.HISTORY:
        _history(shell, invocation)
    elif invocation.command is builtins.WATCH:
        _watch(shell, invocation, reading)
    elif invocation.command is builtins.REPEAT:
        _repeat(shell, invocation, reading)
    else:
        ACTIONS[invocation.command.name](shell, invocation.words)


def _text(words: Raw, name: str) -> str:
    value = words.get(name, "")
    return value if isinstance(value, str) else " ".join(value if isinstance(value, tuple) else ())


def _help(shell: Shell, invocation: ShellInvocation) -> None:
    with _redirected(shell, invocation) as streams:
        color = streams.stdout_is_terminal and shell.settings.color != "never"
        width = min(streams.width, 100)
        streams.put(explain(_text(invocation.words, "topic"), width=width, color=color).encode(), "help")


def _redirected(shell: Shell, invocation: ShellInvocation) -> Redirect:
    pager = shell.pager if shell.pager_on and shell.interactive else ""
    return Redirect(shell.streams, invocation.handoff, shell.environment(), pager)


def _history(shell: Shell, invocation: ShellInvocation) -> None:
    """Print the saved lines, each with its number; control characters and line breaks are escaped."""
    file = HistoryFile(history_path(os.environ), shell.options.history_size)
    lines = list(enumerate(file.load(), 1))
    if count := _text(invocation.words, "count"):
        lines = lines[-int(count) :]
    if not lines:
        shell.session.note("the history is empty")
        return
    with _redirected(shell, invocation) as streams:
        digits = len(str(lines[-1][0])) if streams.stdout_is_terminal else 0
        gap = "  " if streams.stdout_is_terminal else "\t"
        text = "".join(f"{number:>{digits}}{gap}{for_terminal(line)}\n" for number, line in lines)
        streams.put(text.encode(), "history")


def _clear(shell: Shell, words: Raw) -> None:
    if shell.interactive and shell.has_screen:
        shell.streams.put(CLEAR_SCREEN.encode())


def _connect(shell: Shell, invocation: ShellInvocation) -> None:
    where = _text(invocation.words, "node")
    settings = shell.settings
    asked = dict(invocation.settings)
    if where:
        asked |= {"url": where} if "://" in where else {"node": (where,)}
    if asked:
        settings = with_connection(settings, asked, os.environ)
        settings.warnings = []
    shell.connect(settings)
    shell.session.note(f"connected to {shell.session.client.node}")


def _auth(shell: Shell, words: Raw) -> None:
    password = _text(words, "password")
    shell.settings.ask_password = not password
    shell.settings.password = password or None
    shell.connect(shell.settings)
    shell.session.client.call("PING", repeatable=True)
    shell.session.note("OK")


def _output(shell: Shell, words: Raw) -> None:
    chosen = _text(words, "format").lower()
    if not chosen:
        shell.session.note(f"output format: {shell.session.format} (choose {', '.join(FORMATS)})")
        return
    shell.settings.output, shell.settings.output_from_option = chosen, True


def _toggled(now: bool, words: Raw) -> bool:
    state = _text(words, "state").lower()
    return state == "on" if state else not now


def _report_state(shell: Shell, what: str, on: bool) -> None:
    shell.session.note(f"{what} is {'on' if on else 'off'}")


def _vertical(shell: Shell, words: Raw) -> None:
    shell.vertical = _toggled(shell.vertical, words)
    _report_state(shell, "vertical output", shell.vertical)


def _echo(shell: Shell, words: Raw) -> None:
    shell.settings.echo = _toggled(shell.settings.echo, words)
    _report_state(shell, "echo", shell.settings.echo)


def _timing(shell: Shell, words: Raw) -> None:
    shell.timing = _toggled(shell.timing, words)
    _report_state(shell, "timing", shell.timing)


def _pager(shell: Shell, words: Raw) -> None:
    shell.pager_on = _toggled(shell.pager_on, words)
    _report_state(shell, "pager", shell.pager_on)


def _line_inside(reading: Reading) -> str:
    """Return the line after \\watch or repeat, with the options before them; empty if there is none."""
    own = [part for part in reading.own_parts if part.role not in (OPTION, VALUE)]
    if reading.inner is None:
        return ""
    text = reading.line.text
    return text[: own[0].word.start] + text[reading.inner.parts[0].word.start :]


def _watch(shell: Shell, invocation: ShellInvocation, reading: Reading) -> None:
    text = _line_inside(reading) or shell.last_line
    if not text:
        raise UsageError("no command to repeat yet")
    watch(shell, text, float(seconds_float(_text(invocation.words, "seconds") or "2")))


def _repeat(shell: Shell, invocation: ShellInvocation, reading: Reading) -> None:
    """Run the line inside as often as asked, up to the first that fails."""
    count, text = _text(invocation.words, "count"), _line_inside(reading)
    if not text:
        raise UsageError(f"the command after {count} is missing", "3 ping sends PING three times")
    if interpret(read(text)).is_builtin:
        raise UsageError("repeat takes a command of Disque")
    if invocation.handoff is not None and invocation.handoff.symbol == WRITE:
        raise UsageError("each run would overwrite the file", "append with >>")
    for _ in range(int(count)):
        run_line(shell, text)
        if shell.exit_code:
            return


def _source(shell: Shell, words: Raw) -> None:
    path = expanded(_text(words, "file"), os.environ)
    if shell.depth >= MAX_DEPTH:
        raise UsageError(f"files are nested more than {MAX_DEPTH} deep")
    shell.depth += 1
    try:
        for line in commands_of(read_file(path).decode("utf-8", "surrogateescape")):
            run_line(shell, line)
            if shell.leaving:
                return
    finally:
        shell.depth -= 1


def _edit(shell: Shell, words: Raw) -> None:
    if not shell.interactive:
        raise UsageError("\\edit needs a terminal")
    shell.default = edited(shell, shell.last_line)


def edited(shell: Shell, text: str) -> str:
    """Open the text in VISUAL or EDITOR and return the result. Raises DataError if the editor fails."""
    import shlex
    import tempfile

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.NamedTemporaryFile("wb", suffix=".disque") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.flush()
        code = wait_for(start([*shlex.split(editor), file.name], shell.environment()))
        if code:
            raise DataError(f"the editor {editor} {ended_with(code)}")
        return read_file(file.name).decode("utf-8", "surrogateescape").rstrip("\n")


def _system(shell: Shell, reading: Reading) -> None:
    code = wait_for(start(reading.parts[1].word.text, shell.environment()))
    if code:
        raise DataError(f"the command {ended_with(code)}")


def _set(shell: Shell, words: Raw) -> None:
    name, value = _text(words, "name").lower(), _text(words, "value")
    if not name:
        streams = shell.streams
        rows = [(each, now, SETTINGS[each][1]) for each, now in _settings(shell).items()]
        width = streams.width if streams.stdout_is_terminal else 0
        streams.put(settings_text(rows, width).encode())
    elif "value" not in words:
        shell.streams.put(f"{for_terminal(_settings(shell)[name])}\n".encode())
    elif name == "prompt":
        problem = prompt_problem(value)
        if problem:
            raise UsageError(f"prompt: {problem}")
        shell.own_prompt = value
    elif name == "output":
        ACTIONS["\\o"](shell, {"format": SETTINGS[name][0].convert(value)})
    elif name == "pass-credentials":
        shell.pass_credentials = _toggled(shell.pass_credentials, {"state": builtins.ON_OFF.convert(value)})
    else:
        switch = {"pager": "\\pager", "timing": "\\timing", "echo": "\\echo", "vertical": "\\x"}[name]
        ACTIONS[switch](shell, {"state": builtins.ON_OFF.convert(value)})


def _settings(shell: Shell) -> dict[str, str]:
    """Return the current settings as text, in the order of SETTINGS."""
    switches = {
        "pager": shell.pager_on,
        "timing": shell.timing,
        "echo": shell.settings.echo,
        "vertical": shell.vertical,
        "pass-credentials": shell.pass_credentials,
    }
    return {
        "prompt": shell.prompt,
        "output": shell.session.format,
        **{name: "on" if on else "off" for name, on in switches.items()},
    }


def _quit(shell: Shell, words: Raw) -> None:
    shell.leaving = True


ACTIONS: dict[str, Callable[[Shell, Raw], Any]] = {
    builtins.AUTH.name: _auth,
    builtins.OUTPUT.name: _output,
    builtins.VERTICAL.name: _vertical,
    builtins.ECHO.name: _echo,
    builtins.TIMING.name: _timing,
    builtins.PAGER.name: _pager,
    builtins.CLEAR.name: _clear,
    builtins.SOURCE.name: _source,
    builtins.EDIT.name: _edit,
    builtins.SET.name: _set,
    builtins.QUIT.name: _quit,
}
