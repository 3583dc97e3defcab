"""Determines what is expected at the cursor, from the words before it. Pure.

More lenient than the parser of whole lines: a line that is being typed may be wrong anywhere.
"""

from __future__ import annotations

from disquectl.commands import find
from disquectl.execution.parser import is_number
from disquectl.spec.global_options import GLOBAL_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option

    # The words that were given to options and arguments, by their names.
    Given = dict[str, tuple[str, ...]]


class Expected:
    """What may follow at the cursor.

    commands     the name of a command
    subcommands  one of these
    parameter    a value for this option or argument
    flags        one of these options, if the word begins with `-`
    joined       `--option=` if the value follows in the same word
    words        arbitrary words, of another program
    command      the command so far, and in `given` the words for its parameters
    """

    __slots__ = ("command", "commands", "flags", "given", "joined", "parameter", "subcommands", "words")

    def __init__(self) -> None:
        self.commands = False
        self.subcommands: tuple[Command, ...] = ()
        self.parameter: Option | Argument | None = None
        self.flags: list[Option] = []
        self.joined = ""
        self.words = False
        self.command: Command | None = None
        self.given: Given = {}


def expect(words: list[str], partial: str) -> Expected:
    """Return what is expected where `partial` is typed, after these words (without the program's name)."""
    found = Expected()
    places = 0
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            return _after_dashes(found, places + len(words) - at)
        option = _option(found.command, word)
        if option is not None:
            joined = "=" in word
            if not option.is_flag and not joined and at >= len(words):
                found.parameter = option
                return found
            value = word.partition("=")[2] if joined else "" if option.is_flag else words[at]
            at += not option.is_flag and not joined
            found.given[option.name] = (*found.given.get(option.name, ()), value)
        elif found.command is None or (inner := _inner(found.command, word)):
            found.command = find(word) if found.command is None else inner
            if found.command is None:
                return found
        elif found.command.grammar.rest_is_data:
            found.words = True
            return found
        else:
            _place(found, word, places)
            places += 1
    return _at_cursor(found, partial, places)


def _at_cursor(found: Expected, partial: str, places: int) -> Expected:
    name, equals, _ = partial.partition("=")
    if partial.startswith("-") and not is_number(partial):
        option = _option(found.command, name)
        if equals and option is not None and not option.is_flag:
            found.joined = f"{name}="
            found.parameter = option
            return found
        own = found.command.grammar.options if found.command is not None else ()
        found.flags = [one for one in (*own, *GLOBAL_OPTIONS) if one.many or one.name not in found.given]
        return found
    if found.command is None:
        found.commands = True
    elif found.command.subcommands:
        found.subcommands = found.command.subcommands
    else:
        _at_argument(found, places)
    return found


def _after_dashes(found: Expected, places: int) -> Expected:
    if found.command is not None and found.command.grammar.rest_is_data:
        found.words = True
    elif found.command is not None:
        _at_argument(found, places)
    return found


def _at_argument(found: Expected, places: int) -> None:
    assert found.command is not None
    arguments = found.command.grammar.arguments
    if arguments:
        last = arguments[-1]
        found.parameter = arguments[places] if places < len(arguments) else last if last.many else None
    found.words = found.command.grammar.rest_is_data


def _place(found: Expected, word: str, places: int) -> None:
    assert found.command is not None
    arguments = found.command.grammar.arguments
    if arguments:
        name = arguments[min(places, len(arguments) - 1)].name
        found.given[name] = (*found.given.get(name, ()), word)


def _option(command: Command | None, word: str) -> Option | None:
    if not word.startswith("-"):
        return None
    name = word.partition("=")[0]
    for option in (*(command.grammar.options if command is not None else ()), *GLOBAL_OPTIONS):
        if name == option.flag or (option.short and word == option.short):
            return option
    return None


def _inner(command: Command, word: str) -> Command | None:
    return next((inner for inner in command.subcommands if inner.name == word), None)
