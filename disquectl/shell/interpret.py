"""Turns a parsed line into a ShellInvocation, or raises UsageError that says what is missing.

A line in disquectl's notation goes through the argument parser; one in Disque's gives the same values.
Words that only Disque may know are sent as typed. Pure.
"""

from __future__ import annotations

from disquectl.commands import find
from disquectl.errors import UsageError
from disquectl.execution import parser
from disquectl.shell.builtins import HELP as HELP_COMMAND
from disquectl.shell.cursor import HELP
from disquectl.shell.grammar import UNKNOWN_BUILTIN
from disquectl.shell.parts import (
    ARGUMENT,
    COMMAND,
    EITHER,
    KEYWORD,
    MIXED,
    NATIVE,
    OPTION,
    SUBCOMMAND,
    UNKNOWN,
)
from disquectl.shell.parts import VALUE as VALUE_ROLE
from disquectl.shell.values import as_disquectl
from disquectl.shell.words import PIPE
from disquectl.spec.global_options import GLOBAL_OPTIONS
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.parts import Part, Reading
    from disquectl.shell.words import Handoff
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Raw


class ShellInvocation:
    """A command with its words.

    words, settings  map names to what was typed, as in parser.Invocation
    is_builtin       one of the shell's own commands
    unknown          the command is not known here; it is sent to the server as typed
    """

    __slots__ = ("command", "handoff", "is_builtin", "settings", "unknown", "words")

    def __init__(
        self,
        command: Command,
        words: Raw,
        settings: Raw,
        handoff: Handoff | None,
        *,
        is_builtin: bool = False,
        unknown: bool = False,
    ) -> None:
        self.command = command
        self.words = words
        self.settings = settings
        self.handoff = handoff
        self.is_builtin = is_builtin
        self.unknown = unknown


def interpret(reading: Reading) -> ShellInvocation:
    """Return the invocation of a line that is not empty. Raises UsageError."""
    line = reading.line
    if line.problem is not None:
        raise line.problem
    if line.handoff is not None and not line.handoff.target:
        missing = "a command" if line.handoff.symbol == PIPE else "a file name"
        raise UsageError(f"{missing} is missing after the {line.handoff.symbol}")
    settings = _settings(reading.parts)
    if _asks_for_help(reading):
        return _help(reading)
    command = reading.command
    if command is None:
        if not any(part.role == UNKNOWN for part in reading.parts):
            raise UsageError("a command is missing")
        wrong = next((part for part in reading.parts if part.problem), None)
        if wrong is not None and wrong.word.is_option:
            raise UsageError(wrong.problem)
        if wrong is not None and wrong.problem.startswith(UNKNOWN_BUILTIN):
            raise UsageError(f"{wrong.word.text}: {wrong.problem}")
        return _as_typed(reading, settings, unknown=True)
    if reading.is_builtin:
        return _builtin(reading, command)
    if reading.notation == MIXED:
        raise UsageError(next(part.problem for part in reading.problems))
    if reading.notation == NATIVE:
        return _in_native_words(reading, command, settings)
    return _in_disquectl_words(reading, command)


def _asks_for_help(reading: Reading) -> bool:
    """Whether --help or -h is in the line and is not data of its command."""
    known = reading.command is not None or reading.parts[:1] == reading.parts[-1:]
    return known and any(
        part.role == UNKNOWN and part.word.is_option and part.word.text in HELP for part in reading.parts
    )


def _help(reading: Reading) -> ShellInvocation:
    """Return `help` for the command in the line, if any."""
    named = _names_in(reading.innermost) or _names_in(reading)
    return ShellInvocation(HELP_COMMAND, {"topic": tuple(named)}, {}, reading.line.handoff, is_builtin=True)


def _names_in(reading: Reading) -> list[str]:
    return [part.word.text.lower() for part in reading.parts if part.role in (COMMAND, SUBCOMMAND)]


def _settings(parts: list[Part]) -> Raw:
    """Return the global options among the parts."""
    found: Raw = {}
    for index, part in enumerate(parts):
        option = part.parameter
        if part.role != OPTION or not isinstance(option, Option) or option not in GLOBAL_OPTIONS:
            continue
        if part.problem:
            raise UsageError(f"{option.flag}: {part.problem}")
        _flag, equals, value = part.word.text.partition("=")
        if option.is_flag:
            found[option.name] = True
            continue
        if not equals:
            if index + 1 == len(parts):
                raise UsageError(f"{option.flag} needs a value")
            value = parts[index + 1].word.text
        before = found.get(option.name, ())
        found[option.name] = (*before, value) if option.many and isinstance(before, tuple) else value
    return found


def _builtin(reading: Reading, command: Command) -> ShellInvocation:
    if reading.inner is not None:
        return _with_line_inside(reading, command)
    options = (COMMAND, OPTION, VALUE_ROLE)
    words: list[str] = [part.word.text for part in reading.parts if part.role not in options]
    placed = parser.bind(command, words)
    if placed is None:
        raise UsageError(f"usage: {usage(command)}")
    settings = _settings(reading.parts)
    return ShellInvocation(command, placed, settings, reading.line.handoff, is_builtin=True)


def _with_line_inside(reading: Reading, command: Command) -> ShellInvocation:
    """Return \\watch or repeat with the words before the line inside, which is in `reading.inner`."""
    given = [part.word.text for part in reading.own_parts if part.role == ARGUMENT]
    how_often = command.grammar.arguments[0]
    if how_often.required and not given:
        raise UsageError(f"usage: {usage(command)}")
    words: Raw = {how_often.name: given[0]} if given else {}
    return ShellInvocation(command, words, {}, reading.line.handoff, is_builtin=True)


def _in_disquectl_words(reading: Reading, command: Command) -> ShellInvocation:
    argv: list[str] = []
    for part in reading.parts:
        text = part.word.for_parser
        if part.role in (COMMAND, SUBCOMMAND):
            text = text.lower()
        elif reading.notation == EITHER and part.role == ARGUMENT and part.parameter is not None:
            plain = as_disquectl(part.parameter.type, text)
            text = text if plain == text else plain
        argv.append(text)
    invocation = parser.parse(argv, find)
    if invocation is None:
        raise UsageError(_what_is_wrong(reading, command))
    return ShellInvocation(invocation.command, invocation.words, invocation.settings, reading.line.handoff)


def _what_is_wrong(reading: Reading, command: Command) -> str:
    wrong = next(reading.problems, None)
    if wrong is not None:
        return wrong.problem
    if reading.parts and reading.parts[-1].role == OPTION and reading.next.parameters:
        return f"{reading.parts[-1].word.text} needs a value"
    return f"arguments are missing; usage: {usage(command)}"


def _in_native_words(reading: Reading, command: Command, settings: Raw) -> ShellInvocation:
    if any(part.role == UNKNOWN for part in reading.parts):
        return _as_typed(reading, settings)
    words: Raw = {}
    waiting: Part | None = None
    for part in reading.parts:
        parameter = part.parameter
        if parameter is None or part.role == OPTION or parameter in GLOBAL_OPTIONS:
            continue
        if part.role == KEYWORD and isinstance(parameter, Option):
            waiting = None if parameter.is_flag else part
            if parameter.is_flag:
                words[parameter.name] = True
        elif part.role in (ARGUMENT, VALUE_ROLE):
            waiting = None
            text = as_disquectl(parameter.type, part.word.text)
            before = words.get(parameter.name, ())
            words[parameter.name] = (*before, text) if parameter.many and isinstance(before, tuple) else text
    if waiting is not None:
        raise UsageError(f"{waiting.word.text} needs a value")
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    for argument in arguments:
        if argument.name not in words:
            if argument.required:
                raise UsageError(f"{argument.label} is missing")
            if argument.default is not None:
                words[argument.name] = argument.default
    return ShellInvocation(command, words, settings, reading.line.handoff)


def _as_typed(reading: Reading, settings: Raw, *, unknown: bool = False) -> ShellInvocation:
    """Return the words as typed, for the server, without disquectl's options."""
    texts = []
    skip = False
    for part in reading.parts:
        if part.role == OPTION:
            option = part.parameter
            skip = isinstance(option, Option) and not option.is_flag and "=" not in part.word.text
            continue
        if not (skip and part.role == VALUE_ROLE):
            texts.append(part.word.text)
        skip = False
    command = find("exec")
    assert command is not None
    return ShellInvocation(command, {"word": tuple(texts)}, settings, reading.line.handoff, unknown=unknown)


def usage(command: Command) -> str:
    """Return the usage line of a command in the shell."""
    words = [command.full_name, *(argument.usage for argument in command.grammar.arguments)]
    if command.subcommands:
        words.append("[COMMAND]" if command.is_callable else "COMMAND")
    if command.grammar.options:
        words.append("[OPTIONS]")
    return " ".join(words)
