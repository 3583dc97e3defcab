"""What the shell's own commands do, one function each."""

from __future__ import annotations

import os

from disquectl.commands.inputs import read_file
from disquectl.commands.kinds import seconds_float
from disquectl.commands.options import FORMATS
from disquectl.errors import DataError, UsageError
from disquectl.home import expanded
from disquectl.render.escape import for_terminal
from disquectl.shell import own
from disquectl.shell.explain import explain
from disquectl.shell.options import prompt_problem
from disquectl.shell.outlet import Outlet
from disquectl.shell.overlay import with_connection
from disquectl.shell.process import ended_with, start, wait_for
from disquectl.shell.runner import run_line
from disquectl.shell.watch import watch
from disquectl.shell.words import commands_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.commands.row import Raw
    from disquectl.shell.interpret import Command
    from disquectl.shell.parts import Reading
    from disquectl.shell.state import Shell

DEEPEST = 8


def act(shell: Shell, command: Command, reading: Reading) -> None:
    """Carry out one of the shell's own commands. Raises UsageError where its words are wrong."""
    if command.handoff is not None and command.row is not own.HELP:
        raise UsageError(f"{command.row.name} has no output to hand on")
    for argument in command.row.arguments:
        value = command.words.get(argument.name)
        if isinstance(value, str):
            argument.kind.convert(value)
    if command.row is own.HELP:
        _help(shell, command)
    elif command.row is own.SYSTEM_COMMAND:
        _system(shell, reading)
    elif command.row is own.WATCH:
        _watch(shell, command, reading)
    else:
        ACTIONS[command.row.name](shell, command.words)


def _text(words: Raw, name: str) -> str:
    value = words.get(name, "")
    return value if isinstance(value, str) else " ".join(value if isinstance(value, tuple) else ())


def _help(shell: Shell, command: Command) -> None:
    pager = shell.pager if shell.pager_on and shell.interactive else ""
    with Outlet(shell.streams, command.handoff, shell.environment(), pager) as streams:
        color = streams.stdout_is_terminal and shell.settings.color != "never"
        width = min(streams.width, 100)
        streams.put(explain(_text(command.words, "topic"), width=width, color=color).encode(), "help")


def _connect(shell: Shell, words: Raw) -> None:
    where = _text(words, "node")
    settings = shell.settings
    if where:
        asked: Raw = {"url": where} if "://" in where else {"node": (where,)}
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
        shell.session.note(f"the output is {shell.session.format}; there are {', '.join(FORMATS)}")
        return
    shell.settings.output, shell.settings.output_from_option = chosen, True


def _switched(now: bool, words: Raw) -> bool:
    state = _text(words, "state").lower()
    return state == "on" if state else not now


def _say_state(shell: Shell, what: str, on: bool) -> None:
    shell.session.note(f"{what} is {'on' if on else 'off'}")


def _vertical(shell: Shell, words: Raw) -> None:
    shell.vertical = _switched(shell.vertical, words)
    _say_state(shell, "vertical output", shell.vertical)


def _echo(shell: Shell, words: Raw) -> None:
    shell.settings.echo = _switched(shell.settings.echo, words)
    _say_state(shell, "the echo", shell.settings.echo)


def _timing(shell: Shell, words: Raw) -> None:
    shell.timing = _switched(shell.timing, words)
    _say_state(shell, "timing", shell.timing)


def _pager(shell: Shell, words: Raw) -> None:
    shell.pager_on = _switched(shell.pager_on, words)
    _say_state(shell, "the pager", shell.pager_on)


def _watch(shell: Shell, command: Command, reading: Reading) -> None:
    inner = reading.inner
    text = reading.line.text[inner.parts[0].word.start :] if inner is not None else shell.last_line
    if not text:
        raise UsageError("there is no command yet that could be repeated")
    watch(shell, text, float(seconds_float(_text(command.words, "seconds") or "2")))


def _source(shell: Shell, words: Raw) -> None:
    path = expanded(_text(words, "file"), os.environ)
    if shell.depth >= DEEPEST:
        raise UsageError(f"files call each other more than {DEEPEST} deep")
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
    """What becomes of the text in VISUAL or EDITOR. Raises DataError."""
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
        raise DataError(f"it {ended_with(code)}")


def _set(shell: Shell, words: Raw) -> None:
    name, value = _text(words, "name").lower(), _text(words, "value")
    if not name:
        longest = max(map(len, own.SETTINGS)) + 2
        for each, now in _settings(shell).items():
            place = f"{each:{longest}}" if shell.streams.stdout_is_terminal else f"{each}\t"
            shell.streams.put(f"{place}{for_terminal(now)}\n".encode())
    elif "value" not in words:
        shell.streams.put(f"{for_terminal(_settings(shell)[name])}\n".encode())
    elif name == "prompt":
        problem = prompt_problem(value)
        if problem:
            raise UsageError(f"prompt: {problem}")
        shell.prompt = value
    elif name == "output":
        ACTIONS["\\o"](shell, {"format": own.OUTPUT.arguments[0].kind.convert(value)})
    elif name == "pass-credentials":
        shell.pass_credentials = _switched(shell.pass_credentials, {"state": own.ON_OFF.convert(value)})
    else:
        switch = {"pager": "\\pager", "timing": "\\timing", "echo": "\\echo", "vertical": "\\x"}[name]
        ACTIONS[switch](shell, {"state": own.ON_OFF.convert(value)})


def _settings(shell: Shell) -> dict[str, str]:
    """The settings as they are now, as text."""
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
    own.CONNECT.name: _connect,
    own.AUTH.name: _auth,
    own.OUTPUT.name: _output,
    own.VERTICAL.name: _vertical,
    own.ECHO.name: _echo,
    own.TIMING.name: _timing,
    own.PAGER.name: _pager,
    own.SOURCE.name: _source,
    own.EDIT.name: _edit,
    own.SET.name: _set,
    own.QUIT.name: _quit,
}
