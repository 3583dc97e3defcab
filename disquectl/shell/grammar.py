"""A line so far -> what each of its words is, and what may come next.

A line is in Disque's own words (`ADDJOB mail hi 0 RETRY 30`) or in disquectl's (`addjob mail hi --retry 30`).
Where it could be both, bare words beyond disquectl's own shape, or a bare FROM, make it Disque's. The options
that every command takes are right in both. `disquectl` in front, as hints and examples have it, is passed
over. Pure: it knows rows, and neither a terminal nor a socket.
"""

from __future__ import annotations

from disquectl.commands import NAMES, find
from disquectl.commands.options import GLOBAL_OPTIONS
from disquectl.shell.notation import read_disques, read_ours
from disquectl.shell.own import OTHER_NAMES, ROWS, WATCH, find_own
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
from disquectl.shell.walk import Walk
from disquectl.shell.words import split_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Row
    from disquectl.shell.words import Line, Word

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
    walk = Walk(words, GLOBAL_OPTIONS, line.typing)
    as_outside = walk.passed(PROGRAM)
    walk.options()
    if walk.waiting is not None:
        return Reading(line, walk.parts, None, Next(parameters=(walk.waiting,)))
    if walk.over:
        return Reading(line, walk.parts, None, Next(commands=True, flags=walk.unused()))
    name = walk.take()
    own = None if as_outside else find_own(name.text)
    row = own or find(name.text.lower())
    walk.parts.append(Part(name, COMMAND if row else UNKNOWN, None, _command_problem(name, row, walk)))
    if row is None:
        walk.rest(UNKNOWN)
        return Reading(line, walk.parts, None, Next())
    if own is WATCH:
        return _read_watch(line, walk, own)
    if row.subcommands:
        return _read_subcommand(line, walk, row)
    return _read_arguments(line, walk, row, own is not None)


def _command_problem(name: Word, row: Row | None, walk: Walk) -> str:
    if row is not None or (name is walk.typing and _may_become_command(name.text.lower())):
        return ""
    if name.text.startswith("\\"):
        return NOT_THE_SHELLS
    return f"unknown command {name.text}: it would be sent as it is"


def _may_become_command(text: str) -> bool:
    names = (PROGRAM, *NAMES, *(row.name for row in ROWS), *OTHER_NAMES)
    return any(name.startswith(text) for name in names)


def _read_subcommand(line: Line, walk: Walk, row: Row) -> Reading:
    walk.options()
    if walk.waiting is not None:
        return Reading(line, walk.parts, row, Next(parameters=(walk.waiting,)))
    if walk.over:
        return Reading(line, walk.parts, row, Next(subcommands=row.subcommands, flags=walk.unused()))
    name = walk.take()
    inner = next((one for one in row.subcommands if one.name == name.text.lower()), None)
    if inner is None:
        typing = name is walk.typing and any(
            one.name.startswith(name.text.lower()) for one in row.subcommands
        )
        known = ", ".join(one.name for one in row.subcommands)
        walk.parts.append(Part(name, UNKNOWN, None, "" if typing else f"{row.name} has {known}"))
        walk.rest(UNKNOWN)
        return Reading(line, walk.parts, row, Next())
    walk.parts.append(Part(name, SUBCOMMAND))
    return _read_arguments(line, walk, inner, own=False)


def _read_watch(line: Line, walk: Walk, row: Row) -> Reading:
    """\\watch [SECONDS] and a line of its own."""
    before = walk.parts
    seconds, command = row.arguments
    if not walk.over and walk.words[walk.at].text[:1].isdigit():
        before.append(walk.argument(walk.take(), seconds))
    if walk.over:
        wanted = (command,) if len(before) > 1 else (seconds, command)
        return Reading(line, before, row, Next(commands=True, parameters=wanted), own=True)
    inner = read_words(line, walk.words[walk.at :])
    parts = [*before, *inner.parts]
    return Reading(line, parts, row, inner.next, notation=inner.notation, own=True, inner=inner)


def _read_arguments(line: Line, walk: Walk, row: Row, own: bool) -> Reading:
    """What stands behind the name, in whichever words it is."""
    fork = walk.fork()
    ours = read_ours(row, walk)
    if not row.verb or own:
        return Reading(line, walk.parts, row, ours.next, notation=OURS, own=own)
    disques = read_disques(row, fork)
    if ours.beyond or (row.native and row.native.marker and disques.marked):
        if ours.own_flags:
            return Reading(line, _mixed(walk, row), row, Next(), notation=MIXED)
        return Reading(line, fork.parts, row, disques.next, notation=DISQUES)
    if ours.own_flags or disques.unknown:
        return Reading(line, walk.parts, row, ours.next, notation=OURS)
    return Reading(line, walk.parts, row, _both(ours.next, disques.next), notation=EITHER)


def _mixed(walk: Walk, row: Row) -> list[Part]:
    """The parts of a line that is in both notations: the options are what is too much."""
    own = set(row.options)
    for part in walk.parts:
        if part.role == OPTION and part.parameter in own:
            part.problem = mixing(row)
    return [part if part.role != UNKNOWN else Part(part.word, UNKNOWN) for part in walk.parts]


def mixing(row: Row) -> str:
    """Why a line in both notations is refused."""
    verb = " ".join(word.decode() for word in row.verb)
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
