"""The argument parser: a command line in, what was asked for out.

It parses every correct line and nothing else: for help, a wrong option, or anything ambiguous it returns
None, and the command line asks Typer to explain. A word of `-` and digits is never an option.
It must not know Typer, a socket, or which commands there are: those are looked up by `find`.
"""

from __future__ import annotations

from disquectl.spec.global_options import GLOBAL_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Option, Raw


class LiteralWord(str):
    """A word that is never an option: the shell's quoted words."""

    __slots__ = ()


class Invocation:
    """One command as it was typed: its declaration, its words, and the global options.

    `words` and `settings` map names to text, not yet converted: what was not given is not there.
    """

    __slots__ = ("command", "settings", "words")

    def __init__(self, command: Command, words: Raw, settings: Raw) -> None:
        self.command = command
        self.words = words
        self.settings = settings


def parse(argv: list[str], find: Callable[[str], Command | None]) -> Invocation | None:
    """The command line as an invocation, or None where it needs explaining. `find`: a name -> its command."""
    settings: Raw = {}
    at = _options(argv, 0, _by_flag(GLOBAL_OPTIONS), settings, settings)
    if at is None or at >= len(argv):
        return None
    command = find(argv[at])
    return None if command is None else _read_command(command, argv, at + 1, settings)


def command_word(argv: list[str]) -> str:
    """The word in the place of the command, also if options before it are wrong; "" if there is none."""
    flags = _by_flag(GLOBAL_OPTIONS)
    at = 0
    while at < len(argv) and looks_like_option(argv[at]):
        option, _ = flags.get(argv[at], (None, True))
        at += 2 if option is not None and not option.is_flag else 1
    return argv[at] if at < len(argv) else ""


def names_no_command(argv: list[str]) -> bool:
    """Whether there is nothing but options that every command takes, or nothing at all."""
    return _options(argv, 0, _by_flag(GLOBAL_OPTIONS), {}, {}) == len(argv)


def is_number(word: str) -> bool:
    """Whether the word is `-` and digits, which is data and never an option."""
    return word[:1] == "-" and word[1:].isdecimal()


def looks_like_option(word: str) -> bool:
    """Whether the word is read as an option, wherever options may stand."""
    return len(word) > 1 and word[0] == "-" and not is_number(word) and not isinstance(word, LiteralWord)


def _by_flag(options: tuple[Option, ...]) -> dict[str, tuple[Option, bool]]:
    """Flag -> the option and whether it belongs to every command."""
    flags = {option.flag: (option, options is GLOBAL_OPTIONS) for option in options}
    flags.update({option.short: (option, options is GLOBAL_OPTIONS) for option in options if option.short})
    return flags


def _options(
    argv: list[str], at: int, flags: dict[str, tuple[Option, bool]], own: Raw, settings: Raw
) -> int | None:
    """Take options from `at` on; return the index of the first other word, or None if it is ambiguous."""
    while at < len(argv) and looks_like_option(argv[at]) and argv[at] != "--":
        flag, equals, value = argv[at].partition("=") if argv[at][:2] == "--" else (argv[at], "", "")
        option, is_global = flags.get(flag, (None, False))
        if option is None:
            return None
        into = settings if is_global else own
        at += 1
        if option.is_flag:
            if equals:
                return None
            into[option.name] = True
            continue
        if not equals:
            if at >= len(argv):
                return None
            value = argv[at]
            at += 1
        before = into.get(option.name, ()) if option.many else ()
        into[option.name] = (*before, value) if isinstance(before, tuple) and option.many else value
    return at


def _read_command(command: Command, argv: list[str], at: int, settings: Raw) -> Invocation | None:
    """The rest of the line, behind the command's name."""
    flags = _by_flag(GLOBAL_OPTIONS)
    if command.subcommands:
        after = _options(argv, at, flags, settings, settings)
        if after is None:
            return None
        if after < len(argv):
            inner = next((one for one in command.subcommands if one.name == argv[after]), None)
            return None if inner is None else _read_command(inner, argv, after + 1, settings)
        return Invocation(command, {}, settings) if command.is_callable else None
    flags |= _by_flag(command.grammar.options)
    own: Raw = {}
    given: list[str] = []
    while True:
        after = _options(argv, at, flags, own, settings)
        if after is None:
            return None
        if after >= len(argv):
            break
        if argv[after] == "--" and not isinstance(argv[after], LiteralWord):
            given += argv[after + 1 :]
            break
        if command.grammar.rest_is_data:
            given += argv[after:]
            break
        given.append(argv[after])
        at = after + 1
    placed = bind(command, given)
    return None if placed is None else Invocation(command, own | placed, settings)


def bind(command: Command, given: list[str]) -> Raw | None:
    """Give the words their arguments; None where there are too many or too few."""
    placed: Raw = {}
    left = list(given)
    for index, argument in enumerate(command.grammar.arguments):
        later = sum(1 for other in command.grammar.arguments[index + 1 :] if other.required)
        if argument.many:
            take = len(left) - later
            if take > 0:
                placed[argument.name] = tuple(left[:take])
                left = left[take:]
            elif argument.required:
                return None
        elif left and (argument.required or len(left) > later):
            placed[argument.name] = left.pop(0)
        elif argument.required:
            return None
    return None if left else placed
