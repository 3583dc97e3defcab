"""The two ways to write the words behind a command's name: disquectl's options, and Disque's own words.

Pure.
"""

from __future__ import annotations

from disquectl.shell.parts import ARGUMENT, KEYWORD, OPTION, UNKNOWN, Next, Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.shell.cursor import Cursor
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option


class Ours:
    """A line in disquectl's words.

    `beyond`: it has more bare words than places; `own_flags`: options of the command are in it.
    """

    __slots__ = ("beyond", "next", "own_flags")

    def __init__(self, beyond: bool, own_flags: bool, after: Next) -> None:
        self.beyond = beyond
        self.own_flags = own_flags
        self.next = after


class Disques:
    """A line in Disque's words: `marked`: the marker is there; `unknown`: some words have no place in it."""

    __slots__ = ("marked", "next", "unknown")

    def __init__(self, marked: bool, unknown: bool, after: Next) -> None:
        self.marked = marked
        self.unknown = unknown
        self.next = after


def read_ours(command: Command, walk: Cursor) -> Ours:
    """Options anywhere, arguments by their place."""
    walk.know(command.grammar.options)
    bare = 0
    beyond = False
    while True:
        walk.options()
        if walk.waiting is not None or walk.over:
            break
        word = walk.take()
        if word.text == "--" and not word.quoted:
            walk.parts.append(Part(word, OPTION))
            while not walk.over:
                beyond = not _place(command, walk, bare) or beyond
                bare += 1
            break
        walk.at -= 1
        if command.grammar.rest_is_data and command.grammar.arguments:
            walk.rest(ARGUMENT, command.grammar.arguments[0])
            bare += 1
            break
        beyond = not _place(command, walk, bare) or beyond
        bare += 1
    own_flags = any(option in command.grammar.options for option in walk.used)
    if walk.waiting is not None:
        return Ours(beyond, own_flags, Next(parameters=(walk.waiting,)))
    argument = argument_at(command.grammar.arguments, bare)
    flags = () if command.grammar.rest_is_data and bare else walk.unused()
    return Ours(beyond, own_flags, Next(flags=flags, parameters=(argument,) if argument else ()))


def _place(command: Command, walk: Cursor, index: int) -> bool:
    """Give the next word its argument; whether there is one for it."""
    word = walk.take()
    argument = argument_at(command.grammar.arguments, index)
    if argument is None:
        walk.parts.append(Part(word, UNKNOWN, None, f"{command.name} takes no more words"))
        return False
    walk.parts.append(walk.argument(word, argument))
    return True


def argument_at(arguments: tuple[Argument, ...], index: int) -> Argument | None:
    """The argument that the bare word of this number is, or None beyond the last."""
    if index < len(arguments):
        return arguments[index]
    return arguments[-1] if arguments and arguments[-1].many else None


def read_disques(command: Command, walk: Cursor) -> Disques:
    """Arguments by their place and options by their words, as Disque's documentation writes them."""
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    marker = command.grammar.native.marker.decode() if command.grammar.native else ""
    keywords = {option.word.decode(): option for option in command.grammar.options if option.word}
    required = 0 if marker else sum(1 for argument in arguments if argument.required)
    given = 0
    marked = unknown = False
    while not walk.over and walk.waiting is None:
        word = walk.take()
        name = "" if word.quoted else word.text.upper()
        argument = argument_at(arguments, given)
        if word.is_option and word.text in walk.flags:
            walk.option(word)
        elif marked or given < required:
            assert argument is not None
            walk.parts.append(walk.argument(word, argument, disques=True))
            given += 1
        elif name and name == marker:
            walk.parts.append(Part(word, KEYWORD))
            marked = True
        elif name in keywords:
            _keyword(keywords[name], walk)
        elif argument is not None and not marker and _fits(argument, walk):
            walk.parts.append(walk.argument(word, argument, disques=True))
            given += 1
        else:
            unknown = True
            walk.parts.append(Part(word, UNKNOWN, None, _unknown(command, keywords, walk)))
    due = marked or given < required
    return Disques(marked, unknown, _next(command, walk, given, due=due))


def _keyword(option: Option, walk: Cursor) -> None:
    walk.parts.append(Part(walk.words[walk.at - 1], KEYWORD, option, walk.use(option)))
    if not option.is_flag:
        walk.value(option, disques=True)


def _fits(argument: Argument, walk: Cursor) -> bool:
    """Whether the word just taken can be this optional argument."""
    return not walk.problem(walk.words[walk.at - 1], argument, disques=True)


def _unknown(command: Command, keywords: dict[str, Option], walk: Cursor) -> str:
    """What to say of a word without a place; only where the row tells all the words that there are."""
    word = walk.words[walk.at - 1]
    typed = word.text.upper()
    names = [
        *keywords,
        *(
            [command.grammar.native.marker.decode()]
            if command.grammar.native and command.grammar.native.marker
            else []
        ),
    ]
    if not names or (word is walk.typing and any(name.startswith(typed) for name in names)):
        return ""
    return f"{command.grammar.verb[0].decode()} knows {', '.join(names)}"


def _next(command: Command, walk: Cursor, given: int, *, due: bool) -> Next:
    """What may follow; `due`: nothing but an argument."""
    if walk.waiting is not None:
        return Next(parameters=(walk.waiting,))
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    marker = command.grammar.native.marker.decode() if command.grammar.native else ""
    argument = argument_at(arguments, given)
    if due:
        return Next(parameters=(argument,) if argument else ())
    keywords = tuple(
        option
        for option in command.grammar.options
        if option.word and (option.many or option not in walk.used)
    )
    wanted = (argument,) if argument and not marker else ()
    return Next(keywords=keywords, marker=marker, parameters=wanted)
