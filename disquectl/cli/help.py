"""How the help looks: of the program, and of a command, written from its row.

It writes into the formatter that Typer hands it, which knows the width; it knows nothing else of Typer.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from disquectl.commands import all_commands
from disquectl.render.ansi import BOLD, RESET
from disquectl.spec.command import JOBS, QUEUES, SERVER, TOOLS, Command
from disquectl.spec.parameters import Option

GLOBAL_HINT = "Options that every command takes, as -n, -o and --echo: see disquectl --help."


def write_program_help(program: Any, ctx: Any, formatter: Any) -> None:
    """All commands in their groups, and the options that every command takes."""
    formatter.write_usage("disquectl", "[OPTIONS] COMMAND [ARGS] [OPTIONS]")
    _paragraph(formatter, program.help)
    by_group: dict[str, list[tuple[str, str]]] = {JOBS: [], QUEUES: [], SERVER: [], TOOLS: []}
    for command in all_commands():
        by_group[command.group].append((command.name, command.summary))
    for group, entries in by_group.items():
        with formatter.section(group):
            formatter.write_dl(entries)
    with formatter.section("Options, before the command or after it"):
        formatter.write_dl(
            [record for param in program.get_params(ctx) if (record := param.get_help_record(ctx))]
        )
    _example(formatter, "disquectl sandbox --demo -- disquectl qscan")


def write_row_help(command: Command, ctx: Any, formatter: Any) -> None:
    """What the command does, its words with units and defaults, an example, and what it refuses."""
    formatter.write_usage(ctx.command_path, command.usage.removeprefix(f"{command.name} "))
    _paragraph(formatter, command.summary)
    if command.details:
        _paragraph(formatter, command.details)
    if command.risk.danger:
        _paragraph(formatter, f"It asks first, since it {command.risk.danger}. --yes answers.")
    if command.grammar.arguments:
        with formatter.section("Arguments"):
            formatter.write_dl([(argument.usage, argument.help) for argument in command.grammar.arguments])
    if command.grammar.options:
        with formatter.section("Options"):
            formatter.write_dl(
                [(_option_usage(option), option.explained) for option in command.grammar.options]
            )
    if command.subcommands:
        with formatter.section("Commands"):
            formatter.write_dl([(inner.name, inner.summary) for inner in command.subcommands])
    if command.errors:
        with formatter.section("Errors"):
            formatter.write_dl([tuple(error.split(": ", 1)) for error in command.errors])
    _example(formatter, command.example)
    _paragraph(formatter, GLOBAL_HINT)


def _option_usage(option: Option) -> str:
    flag = f"{option.short}, {option.flag}" if option.short else option.flag
    return flag if option.is_flag else f"{flag} {option.type.metavar}"


def _paragraph(formatter: Any, text: str) -> None:
    formatter.write_paragraph()
    formatter.write_text(text)


def _example(formatter: Any, example: str) -> None:
    with formatter.section("Example"):
        formatter.write(f"{'':{formatter.current_indent}}{example}\n")


def bold_headings(text: str) -> str:
    """The headings in bold where a terminal shows them."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if not sys.stdout or not sys.stdout.isatty() or plain:
        return text
    lines = text.split("\n")
    return "\n".join(
        f"{BOLD}{line}{RESET}" if line[:1].strip() and line.endswith(":") else line for line in lines
    )
