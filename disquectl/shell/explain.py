"""The text of `help`: of the shell, of a command from its row, of a topic from the documentation.

Pure, but that it reads the pages that come with the program.
"""

from __future__ import annotations

from textwrap import wrap

from disquectl.commands import find, rows
from disquectl.commands.row import Option, Row
from disquectl.manual import topics
from disquectl.shell.interpret import usage
from disquectl.shell.own import ROWS, find_own

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def explain(topic: str, *, width: int, color: bool) -> str:
    """The help for a command, a subcommand, a topic, or (empty) all. Raises UsageError for anything else."""
    if not topic:
        return _overview(width, color)
    name = topic.lower()
    row = find_own(name) or _row(name.split())
    if row is not None:
        return _of_row(row, width, color)
    text = topics.page(name)
    if not color:
        return text
    from disquectl.manual.draw import drawn

    return drawn(text, width, color)


def _row(words: list[str]) -> Row | None:
    row = find(words[0])
    for word in words[1:]:
        row = next((inner for inner in row.subcommands if inner.name == word), None) if row else None
    return row


def _heading(text: str, color: bool) -> str:
    return f"{BOLD}{text}{PLAIN}" if color else text


def _overview(width: int, color: bool) -> str:
    lines = []
    groups: dict[str, list[Row]] = {}
    for row in rows():
        groups.setdefault(row.group, []).append(row)
    groups["The shell's own"] = list(ROWS)
    for group, members in groups.items():
        lines += [_heading(f"{group}:", color)]
        lines += _entries([(row.name, row.summary) for row in members], width)
        lines.append("")
    lines.append(
        "help COMMAND explains one. Lines may be in Disque's own words (ADDJOB mail hi 0 RETRY 30) or with"
    )
    lines.append("disquectl's options (addjob mail hi --retry 30); `| less` and `> file` hand the output on.")
    lines += wrap(f"Topics: {', '.join(topics.names())}", width)
    return "\n".join(lines) + "\n"


def _of_row(row: Row, width: int, color: bool) -> str:
    lines = [_heading("Usage: ", color) + usage(row)]
    if row.verb and not row.subcommands:
        lines.append(_heading("Disque: ", color) + disques_usage(row))
    lines += ["", *wrap(row.summary, width)]
    if row.details:
        lines += ["", *wrap(row.details, width)]
    if row.danger:
        lines += ["", *wrap(f"It asks first, since it {row.danger}.", width)]
    if row.surprise:
        lines += ["", *wrap(f"In a cluster it {row.surprise}.", width)]
    sections = {
        "Arguments": [(argument.usage, argument.help) for argument in row.arguments],
        "Options": [(_flag(option), option.explained) for option in row.options],
        "Commands": [(inner.name, inner.summary) for inner in row.subcommands],
        "Errors": [(error.partition(": ")[0], error.partition(": ")[2]) for error in row.errors],
    }
    for title, entries in sections.items():
        if entries:
            lines += ["", _heading(f"{title}:", color), *_entries(entries, width)]
    if row.example:
        lines += ["", _heading("Example:", color), f"  {row.example.removeprefix('disquectl ')}"]
    return "\n".join(lines) + "\n"


def _flag(option: Option) -> str:
    return option.flag if option.is_flag else f"{option.flag} {option.kind.metavar}"


def disques_usage(row: Row) -> str:
    """How Disque's documentation would write the command."""
    native = row.native
    words = [word.decode() for word in row.verb]
    places = []
    for argument in native.arguments if native else row.arguments:
        name = f"ms-{argument.name}" if argument.kind.name == "wait" else argument.name.replace("_", "-")
        name += " ..." if argument.many else ""
        places.append(name if argument.required else f"[{name}]")
    options = []
    for option in row.options:
        if option.word:
            value = "" if option.is_flag else f" {option.name}"
            options.append(f"[{option.word.decode()}{value}]")
    if native and native.marker:
        return " ".join([*words, *options, native.marker.decode(), *places])
    return " ".join([*words, *places, *options])


def _entries(entries: list[tuple[str, str]], width: int) -> list[str]:
    """Names with what they mean, in two columns."""
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
