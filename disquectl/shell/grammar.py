"""Parses a line, complete or not: the role of each word, and what may come next.

A line is in Disque's notation (`ADDJOB mail hi 0 RETRY 30`) or in disquectl's (`addjob mail hi --retry 30`).
If it could be both, more bare words than disquectl has arguments, or a bare FROM, make it Disque's. Global
options are allowed in both. A leading `disquectl`, as in hints and examples, is skipped. Pure: knows the
commands, but neither terminal nor socket.
"""

from __future__ import annotations

from disquectl.commands import NAMES, find
from disquectl.shell.builtins import ALIASES, BUILTINS, REPEAT, WATCH, find_builtin
from disquectl.shell.cursor import Cursor
from disquectl.shell.notation import read_disquectl, read_native
from disquectl.shell.parts import (
    COMMAND,
    DISQUECTL,
    EITHER,
    MIXED,
    NATIVE,
    OPTION,
    SUBCOMMAND,
    UNKNOWN,
    Next,
    Part,
    Reading,
)
from disquectl.shell.similar import did_you_mean, similar_commands
from disquectl.shell.words import split_line
from disquectl.spec.global_options import GLOBAL_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.words import Line, Word
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument

PROGRAM = "disquectl"
UNKNOWN_BUILTIN = "the shell has no such command; `help` lists its commands"


def read(text: str) -> Reading:
    """Parse the whole line, including the word that is being typed."""
    line = split_line(text)
    return read_words(line, line.words)


def read_before(text: str) -> tuple[Reading, Word | None]:
    """Parse the line without the word that is being typed; return that word, too. For completion."""
    line = split_line(text)
    typing = line.typing
    return read_words(line, line.words[:-1] if typing else line.words), typing


def read_words(line: Line, words: list[Word]) -> Reading:
    """Parse these words of the line."""
    cursor = Cursor(words, GLOBAL_OPTIONS, line.typing)
    with_program_name = cursor.passed(PROGRAM)
    cursor.options()
    if cursor.waiting is not None:
        return Reading(line, cursor.parts, None, Next(parameters=(cursor.waiting,)))
    if cursor.over:
        return Reading(line, cursor.parts, None, Next(commands=True, flags=cursor.unused()))
    if not with_program_name and is_count(cursor.word):
        return _read_line_inside(line, cursor, REPEAT)
    name = cursor.take()
    builtin = None if with_program_name else find_builtin(name.text)
    command = builtin or find(name.text.lower())
    cursor.parts.append(
        Part(name, COMMAND if command else UNKNOWN, None, _command_problem(name, command, cursor))
    )
    if command is None:
        cursor.rest(UNKNOWN)
        return Reading(line, cursor.parts, None, Next())
    if builtin is WATCH or builtin is REPEAT:
        return _read_line_inside(line, cursor, builtin)
    if command.subcommands:
        return _read_subcommand(line, cursor, command)
    return _read_arguments(line, cursor, command, builtin is not None)


def _command_problem(name: Word, command: Command | None, cursor: Cursor) -> str:
    if command is not None or (name is cursor.typing and _may_become_command(name.text.lower())):
        return ""
    similar = similar_commands(name.text)
    if name.text.startswith("\\"):
        return f"{UNKNOWN_BUILTIN}; {did_you_mean(similar)}" if similar else UNKNOWN_BUILTIN
    consequence = did_you_mean(similar) if similar else "it would be sent as typed"
    return f"unknown command {name.text}: {consequence}"


def _may_become_command(text: str) -> bool:
    names = (PROGRAM, *NAMES, *(command.name for command in BUILTINS), *ALIASES)
    return any(name.startswith(text) for name in names)


def _read_subcommand(line: Line, cursor: Cursor, command: Command) -> Reading:
    cursor.options()
    if cursor.waiting is not None:
        return Reading(line, cursor.parts, command, Next(parameters=(cursor.waiting,)))
    if cursor.over:
        return Reading(
            line, cursor.parts, command, Next(subcommands=command.subcommands, flags=cursor.unused())
        )
    name = cursor.take()
    inner = next((one for one in command.subcommands if one.name == name.text.lower()), None)
    if inner is None:
        typing = name is cursor.typing and any(
            one.name.startswith(name.text.lower()) for one in command.subcommands
        )
        known = ", ".join(one.name for one in command.subcommands)
        cursor.parts.append(Part(name, UNKNOWN, None, "" if typing else f"{command.name} has {known}"))
        cursor.rest(UNKNOWN)
        return Reading(line, cursor.parts, command, Next())
    cursor.parts.append(Part(name, SUBCOMMAND))
    return _read_arguments(line, cursor, inner, is_builtin=False)


def is_count(word: Word) -> bool:
    """Whether a word at the beginning says how often to run the rest of the line."""
    return not word.quoted and word.text.isascii() and word.text.isdecimal()


def _read_line_inside(line: Line, cursor: Cursor, command: Command) -> Reading:
    """Parse `\\watch [SECONDS] LINE` and `[repeat] COUNT LINE`."""
    before = cursor.parts
    how_often, line_argument = command.grammar.arguments
    if not cursor.over and cursor.word.text[:1].isdigit():
        before.append(cursor.argument(cursor.take(), how_often))
        wanted: tuple[Argument, ...] = (line_argument,)
    else:
        wanted = (how_often,) if how_often.required else (how_often, line_argument)
    if cursor.over:
        commands = line_argument in wanted
        return Reading(line, before, command, Next(commands=commands, parameters=wanted), is_builtin=True)
    inner = read_words(line, cursor.words[cursor.at :])
    parts = [*before, *inner.parts]
    return Reading(line, parts, command, inner.next, notation=inner.notation, is_builtin=True, inner=inner)


def _read_arguments(line: Line, cursor: Cursor, command: Command, is_builtin: bool) -> Reading:
    """Parse what follows the name, in either notation."""
    fork = cursor.fork()
    disquectl = read_disquectl(command, cursor)
    if not command.grammar.verb or is_builtin:
        return Reading(line, cursor.parts, command, disquectl.next, notation=DISQUECTL, is_builtin=is_builtin)
    native = read_native(command, fork)
    if disquectl.beyond or (command.grammar.native and command.grammar.native.marker and native.marked):
        if disquectl.has_options:
            return Reading(line, _mixed(cursor, command), command, Next(), notation=MIXED)
        return Reading(line, fork.parts, command, native.next, notation=NATIVE)
    if disquectl.has_options or native.unknown:
        return Reading(line, cursor.parts, command, disquectl.next, notation=DISQUECTL)
    return Reading(line, cursor.parts, command, _both(disquectl.next, native.next), notation=EITHER)


def _mixed(cursor: Cursor, command: Command) -> list[Part]:
    """Return the parts of a line in mixed notation, with its options marked as wrong."""
    options = set(command.grammar.options)
    for part in cursor.parts:
        if part.role == OPTION and part.parameter in options:
            part.problem = mixing(command)
    return [part if part.role != UNKNOWN else Part(part.word, UNKNOWN) for part in cursor.parts]


def mixing(command: Command) -> str:
    """Return the error for a line in mixed notation."""
    verb = " ".join(word.decode() for word in command.grammar.verb)
    return f"this mixes Disque's own words for {verb} with disquectl's options: use one or the other"


def _both(disquectl: Next, native: Next) -> Next:
    names = {parameter.name for parameter in disquectl.parameters}
    more = tuple(one for one in native.parameters if one.name not in names)
    return Next(
        flags=disquectl.flags,
        keywords=native.keywords,
        marker=native.marker,
        parameters=disquectl.parameters + more,
    )
