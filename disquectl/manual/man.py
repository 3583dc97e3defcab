r"""The man page, in the macros of man(7), generated from the declarations. Pure.

Text is escaped: a backslash becomes `\e`; hyphens, quotes, `^` and `~` become the escapes for ASCII
characters, so that examples can be pasted (some systems show typographic ones); and no line begins with a dot
or a quote, which start a request to the formatter.
"""

from __future__ import annotations

from disquectl import __version__
from disquectl.commands import ALIASES, all_commands
from disquectl.manual.describe import ENVIRONMENT
from disquectl.spec.command import GROUPS
from disquectl.spec.global_options import CONNECTING, GENERAL
from disquectl.spec.vocabulary import EXIT_CODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Option

FILES = (
    ("~/.config/disquectl/config.toml", "Profiles and shell settings."),
    ("~/.local/state/disquectl/history", "History of the shell."),
)


def man_page() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH DISQUECTL 1 "" "disquectl {__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"disquectl \- the command\-line tool for Disque, the distributed in\-memory job queue"
    yield ".SH SYNOPSIS"
    yield ".B disquectl"
    yield r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR] [\fIOPTIONS\fR]"
    yield ".SH DESCRIPTION"
    yield _text(
        "Each command of Disque is a command here, in lower case, with Disque's options as long options. "
        "Options may precede or follow the command; negative numbers are not options, and -- ends the "
        "options. Durations are 30 (seconds), 500ms, 5m, 2h, 1d. Only results are written to stdout: a "
        "table on a terminal, plain lines otherwise, and JSON, CSV and other formats with -o."
    )
    for group in GROUPS:
        yield f".SH {group.upper()}"
        for command in all_commands():
            if command.group == group:
                yield from _command(command, "")
    yield from _section("OPTIONS OF EVERY COMMAND", [*CONNECTING, *GENERAL])
    yield from _named("ENVIRONMENT", ENVIRONMENT)
    yield from _named("FILES", FILES)
    yield from _named("EXIT STATUS", tuple((str(code), meaning) for code, meaning in EXIT_CODES))
    yield ".SH SEE ALSO"
    yield _text("disquectl help lists the topics of the manual; disquectl cheat shows examples.")


def _command(command: Command, parent: str) -> Iterator[str]:
    name = f"{parent}{command.name}"
    yield f".SS {_text(name)}"
    if command.is_callable or not command.subcommands:
        yield f".B disquectl {_text(parent + command.usage)}"
        yield ".PP"
    others = [alias for alias, of in ALIASES.items() if of == command.name and not parent]
    yield _text(
        " ".join([command.summary, command.details, *(f"Also as {other}." for other in others)]).strip()
    )
    if command.risk.danger:
        yield _text(f"Asks for confirmation, because it {command.risk.danger}. --yes skips the question.")
    for argument in command.grammar.arguments:
        yield from _entry(argument.usage, argument.help)
    for option in command.grammar.options:
        yield from _entry(option.usage, option.explained)
    for error in command.errors:
        yield from _entry(*error.split(": ", 1))
    if command.is_callable or not command.subcommands:
        yield from ("", ".RS 4", ".EX", _text(command.example), ".EE", ".RE")
    for inner in command.subcommands:
        yield from _command(inner, f"{name} ")


def _section(title: str, options: list[Option]) -> Iterator[str]:
    yield f".SH {title}"
    for option in options:
        yield from _entry(option.usage, option.explained)


def _named(title: str, entries: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f".SH {title}"
    for name, text in entries:
        yield from _entry(name, text)


def _entry(name: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_text(name)}"
    yield _text(text)


_ESCAPES = str.maketrans(
    {"\\": "\\e", "-": "\\-", '"': "\\(dq", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
)


def _text(text: str) -> str:
    lines = text.translate(_ESCAPES).split("\n")
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)
