"""Parses the words after a command's name in either notation: disquectl's options, or Disque's words.

Pure.
"""

from __future__ import annotations

from disquectl.shell.parts import ARGUMENT, KEYWORD, OPTION, UNKNOWN, Next, Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.cursor import Cursor
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option


class DisquectlLine:
    """A line read in disquectl's notation.

    `beyond`: it has more bare words than arguments; `has_options`: it has options of the command.
    """

    __slots__ = ("beyond", "has_options", "next")

    def __init__(self, beyond: bool, has_options: bool, after: Next) -> None:
        self.beyond = beyond
        self.has_options = has_options
        self.next = after


class NativeLine:
    """A line read in Disque's notation. `marked`: it has the marker; `unknown`: it has words not allowed."""

    __slots__ = ("marked", "next", "unknown")

    def __init__(self, marked: bool, unknown: bool, after: Next) -> None:
        self.marked = marked
        self.unknown = unknown
        self.next = after


def read_disquectl(command: Command, cursor: Cursor) -> DisquectlLine:
    """Read options anywhere and arguments by position."""
    cursor.know(command.grammar.options)
    bare = 0
    beyond = False
    while True:
        cursor.options()
        if cursor.waiting is not None or cursor.over:
            break
        word = cursor.take()
        if word.text == "--" and not word.quoted:
            cursor.parts.append(Part(word, OPTION))
            while not cursor.over:
                beyond = not _place(command, cursor, bare) or beyond
                bare += 1
            break
        cursor.at -= 1
        if command.grammar.rest_is_data and command.grammar.arguments:
            cursor.rest(ARGUMENT, command.grammar.arguments[0])
            bare += 1
            break
        beyond = not _place(command, cursor, bare) or beyond
        bare += 1
    has_options = any(option in command.grammar.options for option in cursor.used)
    if cursor.waiting is not None:
        return DisquectlLine(beyond, has_options, Next(parameters=(cursor.waiting,)))
    argument = argument_at(command.grammar.arguments, bare)
    flags = () if command.grammar.rest_is_data and bare else cursor.unused()
    return DisquectlLine(beyond, has_options, Next(flags=flags, parameters=(argument,) if argument else ()))


def _place(command: Command, cursor: Cursor, index: int) -> bool:
    """Assign the next word to its argument; return whether there is one for it."""
    word = cursor.take()
    argument = argument_at(command.grammar.arguments, index)
    if argument is None:
        cursor.parts.append(Part(word, UNKNOWN, None, f"{command.name} takes no more words"))
        return False
    cursor.parts.append(cursor.argument(word, argument))
    return True


def argument_at(arguments: tuple[Argument, ...], index: int) -> Argument | None:
    """Return the argument for the bare word of this index, or None after the last."""
    if index < len(arguments):
        return arguments[index]
    return arguments[-1] if arguments and arguments[-1].many else None


def read_native(command: Command, cursor: Cursor) -> NativeLine:
    """Read arguments by position and options by keyword, as in Disque's documentation."""
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    marker = command.grammar.native.marker.decode() if command.grammar.native else ""
    keywords = {option.word.decode(): option for option in command.grammar.options if option.word}
    required = 0 if marker else sum(1 for argument in arguments if argument.required)
    given = 0
    marked = unknown = False
    while not cursor.over and cursor.waiting is None:
        word = cursor.take()
        name = "" if word.quoted else word.text.upper()
        argument = argument_at(arguments, given)
        if word.is_option and word.text in cursor.flags:
            cursor.option(word)
        elif marked or given < required:
            assert argument is not None
            cursor.parts.append(cursor.argument(word, argument, native=True))
            given += 1
        elif name and name == marker:
            cursor.parts.append(Part(word, KEYWORD))
            marked = True
        elif name in keywords:
            _keyword(keywords[name], cursor)
        elif argument is not None and not marker and _fits(argument, cursor):
            cursor.parts.append(cursor.argument(word, argument, native=True))
            given += 1
        else:
            unknown = True
            cursor.parts.append(Part(word, UNKNOWN, None, _unknown(command, keywords, cursor)))
    due = marked or given < required
    return NativeLine(marked, unknown, _next(command, cursor, given, due=due))


def _keyword(option: Option, cursor: Cursor) -> None:
    cursor.parts.append(Part(cursor.words[cursor.at - 1], KEYWORD, option, cursor.use(option)))
    if not option.is_flag:
        cursor.value(option, native=True)


def _fits(argument: Argument, cursor: Cursor) -> bool:
    """Whether the word just consumed can be this optional argument."""
    return not cursor.problem(cursor.words[cursor.at - 1], argument, native=True)


def _unknown(command: Command, keywords: dict[str, Option], cursor: Cursor) -> str:
    """Return the problem of a word that is not allowed; empty if the command does not declare its words."""
    word = cursor.words[cursor.at - 1]
    typed = word.text.upper()
    names = [
        *keywords,
        *(
            [command.grammar.native.marker.decode()]
            if command.grammar.native and command.grammar.native.marker
            else []
        ),
    ]
    if not names or (word is cursor.typing and any(name.startswith(typed) for name in names)):
        return ""
    return f"{command.grammar.verb[0].decode()} takes {', '.join(names)}"


def _next(command: Command, cursor: Cursor, given: int, *, due: bool) -> Next:
    """Return what may follow; `due`: only an argument."""
    if cursor.waiting is not None:
        return Next(parameters=(cursor.waiting,))
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    marker = command.grammar.native.marker.decode() if command.grammar.native else ""
    argument = argument_at(arguments, given)
    if due:
        return Next(parameters=(argument,) if argument else ())
    keywords = tuple(
        option
        for option in command.grammar.options
        if option.word and (option.many or option not in cursor.used)
    )
    wanted = (argument,) if argument and not marker else ()
    return Next(keywords=keywords, marker=marker, parameters=wanted)
