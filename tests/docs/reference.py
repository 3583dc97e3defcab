"""The documents' generated parts: the list of commands and the reference, from the declarations. Pure."""

from __future__ import annotations

from disquectl.commands import ALIASES, all_commands
from disquectl.health.finding import SEVERITIES
from disquectl.health.rules import RULES
from disquectl.manual.columns import columns_of
from disquectl.spec.command import GROUPS, Command
from disquectl.spec.global_options import CONNECTING, GENERAL
from disquectl.spec.parameters import Option

_HEAD = """\
<!-- Made from the declarations by `python -m tests.docs.generate`: change those, not this page. -->
# Commands

    disquectl [OPTIONS] COMMAND [ARGS] [OPTIONS]

Each command has the name that Disque gives it, in lower case, and Disque's own option words as options.
`disquectl COMMAND --help` says the same as this page. Replace words in capitals; what is
in brackets may be left out; `...` means one or more.

A DURATION is `30` (seconds), `500ms`, `5m`, `2h` or `1d`. A word of `-` and digits is never an option
(`disquectl qpeek mail -5`), and `--` ends the options. Results are described in [output](output.md),
failures in [exit codes](exit-codes.md).
"""


def command_list() -> str:
    """The README's list: a table for all groups, one line a command."""
    lines = ["| | command | |", "|---|---|---|"]
    for group in GROUPS:
        title = f"**{group}**"
        for command in _of(group):
            link = f"[`{command.name}`](disquectl/help/reference.md#{command.name})"
            lines.append(f"| {title} | {link} | {_cell(command.summary)} |")
            title = ""
    return "\n".join(lines) + "\n"


def rule_list() -> str:
    """The list of the rules of `doctor`, the worst first."""
    parts = []
    for severity in SEVERITIES:
        parts.append(f"### {severity.capitalize()}s\n")
        parts += [
            f"- `{rule.name}`: {rule.finds} {rule.meaning}" for rule in RULES if rule.severity == severity
        ]
        parts.append("")
    return "\n".join(parts[:-1]) + "\n"


def reference() -> str:
    """The whole page of the reference."""
    parts = [_HEAD]
    for group in GROUPS:
        names = " · ".join(f"[{command.name}](#{command.name})" for command in _of(group))
        parts.append(f"**{group}:** {names}\n")
    parts.append("## Options of every command\n\nThey may come before the command's name or after it.\n")
    parts.append("Where to connect:\n\n" + _options(CONNECTING))
    parts.append("Everything else:\n\n" + _options(GENERAL))
    parts.append("`--version` prints the version, `-h` or `--help` explains.\n")
    for group in GROUPS:
        # A heading of the group's name alone would take the anchor of the command `jobs` or `queues`.
        parts.append(f"## Commands: {group}\n")
        parts += [_command(command) for command in _of(group)]
    return "\n".join(parts)


def _of(group: str) -> list[Command]:
    return [command for command in all_commands() if command.group == group]


def _command(command: Command) -> str:
    """A command, and behind it its subcommands."""
    parts = [f"### {command.name}\n", f"{command.summary}\n"]
    others = [f"`{alias}`" for alias, name in ALIASES.items() if name == command.name]
    if others:
        parts.append(f"Also as {', '.join(others)}.\n")
    if command.is_callable or not command.subcommands:
        parts.append(_explained(command, command.usage))
    else:
        parts.append(f"    disquectl {command.usage}\n")
    for inner in command.subcommands:
        parts += [f"#### {command.name} {inner.name}\n", f"{inner.summary}\n"]
        parts.append(_explained(inner, f"{command.name} {inner.usage}"))
    return "\n".join(parts)


def _explained(command: Command, usage: str) -> str:
    parts = [f"    disquectl {usage}\n"]
    if command.details:
        parts.append(f"{_text(command.details)}\n")
    if command.risk.danger:
        parts.append(
            f"Asks for confirmation, because it {_text(command.risk.danger)}. `--yes` skips the question.\n"
        )
    if command.risk.single_node:
        parts.append("It goes to exactly one node: name it with one `--node`.\n")
    if command.grammar.arguments:
        lines = [f"| `{argument.usage}` | {_cell(argument.help)} |" for argument in command.grammar.arguments]
        parts.append("\n".join(["| argument | |", "|---|---|", *lines]) + "\n")
    if command.grammar.options:
        parts.append(_options(command.grammar.options))
    columns = columns_of(command)
    if len(columns) > 1:
        rows = [f"| `{name}` | {_cell(meaning)} |" for name, meaning in columns]
        parts.append("\n".join(["| column | |", "|---|---|", *rows]) + "\n")
    if command.errors:
        parts.append("\n".join(f"- {_error(error)}" for error in command.errors) + "\n")
    parts.append(f"```sh\n{command.example}\n```\n")
    return "\n".join(parts)


def _options(options: tuple[Option, ...]) -> str:
    lines = ["| option | | unless given |", "|---|---|---|"]
    for option in options:
        names = " ".join([f"`{option.short}`,"] if option.short else [])
        value = "" if option.is_flag else f" {option.type.metavar}"
        names = f"{names} `{option.flag}{value}`".strip().replace("|", "\\|")
        lines.append(f"| {names} | {_cell(option.help)} | {_cell(option.unset)} |")
    return "\n".join(lines) + "\n"


def _error(error: str) -> str:
    code, _, rest = error.partition(": ")
    return f"`{code}`: {_text(rest)}"


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _text(text: str) -> str:
    """Plain text as Markdown: nothing in it is markup."""
    for mark in ("\\", "*", "<", "["):
        text = text.replace(mark, f"\\{mark}")
    return text
