"""The text of --help, for the program and for each command, written from the declarations.

It writes to the formatter that Typer passes in, which knows the width. It must not know anything else of
Typer.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from disquectl.commands import all_commands
from disquectl.manual.columns import columns_of
from disquectl.render.ansi import BOLD, RESET
from disquectl.spec.command import GROUPS, Command

GLOBAL_HINT = "Global options such as -n, -o and --echo: see disquectl --help."


def write_program_help(program: Any, ctx: Any, formatter: Any) -> None:
    """Write all commands in their groups, and the global options."""
    formatter.write_usage("disquectl", "[OPTIONS] COMMAND [ARGS] [OPTIONS]")
    _paragraph(formatter, program.help)
    by_group: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for command in all_commands():
        by_group[command.group].append((command.name, command.summary))
    for group, entries in by_group.items():
        with formatter.section(group):
            formatter.write_dl(entries)
    with formatter.section("Global options, before or after the command"):
        formatter.write_dl(
            [record for param in program.get_params(ctx) if (record := param.get_help_record(ctx))]
        )
    _example(formatter, "disquectl sandbox --demo -- disquectl qscan")


def write_command_help(command: Command, ctx: Any, formatter: Any) -> None:
    """Write what the command does, its parameters with units and defaults, its errors and an example."""
    formatter.write_usage(ctx.command_path, command.usage.removeprefix(f"{command.name} "))
    _paragraph(formatter, command.summary)
    if command.details:
        _paragraph(formatter, command.details)
    if command.risk.danger:
        _paragraph(
            formatter, f"Asks for confirmation, because it {command.risk.danger}. --yes skips the question."
        )
    if command.grammar.arguments:
        with formatter.section("Arguments"):
            formatter.write_dl([(argument.usage, argument.help) for argument in command.grammar.arguments])
    if command.grammar.options:
        with formatter.section("Options"):
            formatter.write_dl([(option.usage, option.explained) for option in command.grammar.options])
    if command.subcommands:
        with formatter.section("Commands"):
            formatter.write_dl([(inner.name, inner.summary) for inner in command.subcommands])
    columns = columns_of(command)
    if len(columns) > 1:
        with formatter.section("Columns"):
            formatter.write_dl(columns)
    if command.errors:
        with formatter.section("Errors"):
            formatter.write_dl([tuple(error.split(": ", 1)) for error in command.errors])
    _example(formatter, command.example)
    _paragraph(formatter, GLOBAL_HINT)


def _paragraph(formatter: Any, text: str) -> None:
    formatter.write_paragraph()
    formatter.write_text(text)


def _example(formatter: Any, example: str) -> None:
    with formatter.section("Example"):
        formatter.write(f"{'':{formatter.current_indent}}{example}\n")


def bold_headings(text: str) -> str:
    """The text with its headings in bold, if stdout is a terminal that shows them."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if not sys.stdout or not sys.stdout.isatty() or plain:
        return text
    lines = text.split("\n")
    return "\n".join(
        f"{BOLD}{line}{RESET}" if line[:1].strip() and line.endswith(":") else line for line in lines
    )
