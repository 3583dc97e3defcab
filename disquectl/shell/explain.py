"""The text of `help`: overview, a command from its declaration, a topic from the help pages.

Pure, except that it reads the packaged pages.
"""

from __future__ import annotations

from textwrap import wrap

from disquectl.commands import all_commands, find
from disquectl.manual import topics
from disquectl.manual.columns import columns_of
from disquectl.render.ansi import BOLD, RESET
from disquectl.render.escape import for_terminal
from disquectl.shell.builtins import BUILTINS, find_builtin
from disquectl.shell.interpret import usage
from disquectl.spec.command import Command
from disquectl.spec.parameters import Option

# A longer value of a setting has its meaning on the next line.
LONGEST_VALUE = 24


def explain(topic: str, *, width: int, color: bool) -> str:
    """Return the help for a command, subcommand or topic; empty: the overview. Raises UsageError."""
    if not topic:
        return _overview(width, color)
    name = topic.lower()
    command = find_builtin(name) or _find_command(name.split())
    if command is not None:
        return _command_help(command, width, color)
    text = topics.page(name)
    return topics.drawn(text, width, color) if color else text


def _find_command(words: list[str]) -> Command | None:
    command = find(words[0])
    for word in words[1:]:
        command = (
            next((inner for inner in command.subcommands if inner.name == word), None) if command else None
        )
    return command


def _heading(text: str, color: bool) -> str:
    return f"{BOLD}{text}{RESET}" if color else text


def _overview(width: int, color: bool) -> str:
    lines = []
    groups: dict[str, list[Command]] = {}
    for command in all_commands():
        groups.setdefault(command.group, []).append(command)
    groups["Shell"] = list(BUILTINS)
    for group, members in groups.items():
        lines += [_heading(f"{group}:", color)]
        lines += _entries([(command.name, command.summary) for command in members], width)
        lines.append("")
    lines.append(
        "help COMMAND explains a command. Both notations work: Disque's (ADDJOB mail hi 0 RETRY 30) and"
    )
    lines.append("disquectl's (addjob mail hi --retry 30). `| less` and `> file` redirect the output.")
    lines += wrap(f"Topics: {', '.join(topics.names())}", width)
    return "\n".join(lines) + "\n"


def _command_help(command: Command, width: int, color: bool) -> str:
    lines = [_heading("Usage: ", color) + usage(command)]
    if command.grammar.verb and not command.subcommands:
        lines.append(_heading("Disque: ", color) + native_usage(command))
    lines += ["", *wrap(command.summary, width)]
    if command.details:
        lines += ["", *wrap(command.details, width)]
    if command.risk.danger:
        lines += ["", *wrap(f"Asks for confirmation, because it {command.risk.danger}.", width)]
    if command.risk.cluster_note:
        lines += ["", *wrap(f"In a cluster it {command.risk.cluster_note}.", width)]
    columns = columns_of(command)
    sections = {
        "Arguments": [(argument.usage, argument.help) for argument in command.grammar.arguments],
        "Options": [(_flag(option), option.explained) for option in command.grammar.options],
        "Commands": [(inner.name, inner.summary) for inner in command.subcommands],
        "Columns": columns if len(columns) > 1 else [],
        "Errors": [(error.partition(": ")[0], error.partition(": ")[2]) for error in command.errors],
    }
    for title, entries in sections.items():
        if entries:
            lines += ["", _heading(f"{title}:", color), *_entries(entries, width)]
    if command.example:
        lines += ["", _heading("Example:", color), f"  {command.example.removeprefix('disquectl ')}"]
    return "\n".join(lines) + "\n"


def _flag(option: Option) -> str:
    return option.flag if option.is_flag else f"{option.flag} {option.type.metavar}"


def native_usage(command: Command) -> str:
    """Return the usage line in Disque's notation."""
    native = command.grammar.native
    words = [word.decode() for word in command.grammar.verb]
    places = []
    for argument in native.arguments if native else command.grammar.arguments:
        name = f"ms-{argument.name}" if argument.type.name == "wait" else argument.name.replace("_", "-")
        name += " ..." if argument.many else ""
        places.append(name if argument.required else f"[{name}]")
    options = []
    for option in command.grammar.options:
        if option.word:
            value = "" if option.is_flag else f" {option.name}"
            options.append(f"[{option.word.decode()}{value}]")
    if native and native.marker:
        return " ".join([*words, *options, native.marker.decode(), *places])
    return " ".join([*words, *places, *options])


def settings_text(rows: list[tuple[str, str, str]], width: int) -> str:
    """Return names, values and meanings in columns; with a `width` of 0, between tabs."""
    if not width:
        return "".join("\t".join(map(for_terminal, row)) + "\n" for row in rows)
    first = max(len(name) for name, _, _ in rows) + 2
    second = min(max(len(for_terminal(value)) for _, value, _ in rows) + 2, LONGEST_VALUE + 2)
    lines = []
    for name, value, meaning in rows:
        shown = for_terminal(value)
        wrapped = wrap(meaning, max(width - first - second, 20))
        if len(shown) + 2 > second:
            lines.append(f"{name:{first}}{shown}")
        else:
            lines.append(f"{name:{first}}{shown:{second}}{wrapped.pop(0)}")
        lines += [" " * (first + second) + more for more in wrapped]
    return "\n".join(lines) + "\n"


def _entries(entries: list[tuple[str, str]], width: int) -> list[str]:
    """Format names and meanings in two columns."""
    column = min(max(len(name) for name, _ in entries) + 4, 28)
    lines = []
    for name, meaning in entries:
        wrapped = wrap(meaning, max(width - column, 20)) or [""]
        first = f"  {name}".ljust(column)
        if len(first) > column or not first.endswith(" "):
            lines.append(first.rstrip())
            first = " " * column
        lines += [f"{first}{wrapped[0]}", *(" " * column + more for more in wrapped[1:])]
    return lines
