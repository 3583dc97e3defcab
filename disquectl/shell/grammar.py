"""A line so far -> what each of its words is, and what may come next.

A line is in Disque's own words (`ADDJOB mail hi 0 RETRY 30`) or in disquectl's (`addjob mail hi --retry 30`).
Where it could be both, bare words beyond disquectl's own shape, or a bare FROM, make it Disque's. The options
that every command takes are right in both. `disquectl` in front, as hints and examples have it, is passed
over. Pure: it knows rows, and neither a terminal nor a socket.
"""

from __future__ import annotations

from disquectl.commands import NAMES, find
from disquectl.shell.builtins import OTHER_NAMES, ROWS, WATCH, find_own
from disquectl.shell.cursor import Cursor
from disquectl.shell.notation import read_disques, read_ours
from disquectl.shell.parts import (
    COMMAND,
    DISQUES,
    EITHER,
    MIXED,
    OPTION,
    OURS,
    SUBCOMMAND,
    UNKNOWN,
    Next,
    Part,
    Reading,
)
from disquectl.shell.words import split_line
from disquectl.spec.global_options import GLOBAL_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.words import Line, Word
    from disquectl.spec.command import Command

PROGRAM = "disquectl"
NOT_THE_SHELLS = "the shell has no such command; `help` lists what it has"


def read(text: str) -> Reading:
    """The whole line, the word that is still being typed with the rest."""
    line = split_line(text)
    return read_words(line, line.words)


def read_before(text: str) -> tuple[Reading, Word | None]:
    """The line without the word that is still being typed, and that word: what completion looks at."""
    line = split_line(text)
    typing = line.typing
    return read_words(line, line.words[:-1] if typing else line.words), typing


def read_words(line: Line, words: list[Word]) -> Reading:
    """These words of the line."""
    walk = Cursor(words, GLOBAL_OPTIONS, line.typing)
    as_outside = walk.passed(PROGRAM)
    walk.options()
    if walk.waiting is not None:
        return Reading(line, walk.parts, None, Next(parameters=(walk.waiting,)))
    if walk.over:
        return Reading(line, walk.parts, None, Next(commands=True, flags=walk.unused()))
    name = walk.take()
    own = None if as_outside else find_own(name.text)
    command = own or find(name.text.lower())
    walk.parts.append(
        Part(name, COMMAND if command else UNKNOWN, None, _command_problem(name, command, walk))
    )
    if command is None:
        walk.rest(UNKNOWN)
        return Reading(line, walk.parts, None, Next())
    if own is WATCH:
        return _read_watch(line, walk, own)
    if command.subcommands:
        return _read_subcommand(line, walk, command)
    return _read_arguments(line, walk, command, own is not None)


def _command_problem(name: Word, command: Command | None, walk: Cursor) -> str:
    if command is not None or (name is walk.typing and _may_become_command(name.text.lower())):
        return ""
    if name.text.startswith("\\"):
        return NOT_THE_SHELLS
    return f"unknown command {name.text}: it would be sent as it is"


def _may_become_command(text: str) -> bool:
    names = (PROGRAM, *NAMES, *(command.name for command in ROWS), *OTHER_NAMES)
    return any(name.startswith(text) for name in names)


def _read_subcommand(line: Line, walk: Cursor, command: Command) -> Reading:
    walk.options()
    if walk.waiting is not None:
        return Reading(line, walk.parts, command, Next(parameters=(walk.waiting,)))
    if walk.over:
        return Reading(line, walk.parts, command, Next(subcommands=command.subcommands, flags=walk.unused()))
    name = walk.take()
    inner = next((one for one in command.subcommands if one.name == name.text.lower()), None)
    if inner is None:
        typing = name is walk.typing and any(
            one.name.startswith(name.text.lower()) for one in command.subcommands
        )
        known = ", ".join(one.name for one in command.subcommands)
        walk.parts.append(Part(name, UNKNOWN, None, "" if typing else f"{command.name} has {known}"))
        walk.rest(UNKNOWN)
        return Reading(line, walk.parts, command, Next())
    walk.parts.append(Part(name, SUBCOMMAND))
    return _read_arguments(line, walk, inner, own=False)


def _read_watch(line: Line, walk: Cursor, command: Command) -> Reading:
    """\\watch [SECONDS] and a line of its own."""
    before = walk.parts
    seconds, line_argument = command.grammar.arguments
    if not walk.over and walk.words[walk.at].text[:1].isdigit():
        before.append(walk.argument(walk.take(), seconds))
    if walk.over:
        wanted = (line_argument,) if len(before) > 1 else (seconds, line_argument)
        return Reading(line, before, command, Next(commands=True, parameters=wanted), own=True)
    inner = read_words(line, walk.words[walk.at :])
    parts = [*before, *inner.parts]
    return Reading(line, parts, command, inner.next, notation=inner.notation, own=True, inner=inner)


def _read_arguments(line: Line, walk: Cursor, command: Command, own: bool) -> Reading:
    """What stands behind the name, in whichever words it is."""
    fork = walk.fork()
    ours = read_ours(command, walk)
    if not command.grammar.verb or own:
        return Reading(line, walk.parts, command, ours.next, notation=OURS, own=own)
    disques = read_disques(command, fork)
    if ours.beyond or (command.grammar.native and command.grammar.native.marker and disques.marked):
        if ours.own_flags:
            return Reading(line, _mixed(walk, command), command, Next(), notation=MIXED)
        return Reading(line, fork.parts, command, disques.next, notation=DISQUES)
    if ours.own_flags or disques.unknown:
        return Reading(line, walk.parts, command, ours.next, notation=OURS)
    return Reading(line, walk.parts, command, _both(ours.next, disques.next), notation=EITHER)


def _mixed(walk: Cursor, command: Command) -> list[Part]:
    """The parts of a line that is in both notations: the options are what is too much."""
    own = set(command.grammar.options)
    for part in walk.parts:
        if part.role == OPTION and part.parameter in own:
            part.problem = mixing(command)
    return [part if part.role != UNKNOWN else Part(part.word, UNKNOWN) for part in walk.parts]


def mixing(command: Command) -> str:
    """Why a line in both notations is refused."""
    verb = " ".join(word.decode() for word in command.grammar.verb)
    return f"this mixes Disque's own words of {verb} with disquectl's options: use one or the other"


def _both(ours: Next, disques: Next) -> Next:
    names = {parameter.name for parameter in ours.parameters}
    more = tuple(one for one in disques.parameters if one.name not in names)
    return Next(
        flags=ours.flags,
        keywords=disques.keywords,
        marker=disques.marker,
        parameters=ours.parameters + more,
    )
