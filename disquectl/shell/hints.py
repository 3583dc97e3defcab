"""Hints: the rest of the syntax after the cursor, and the help for the current word in the bar. Pure."""

from __future__ import annotations

from disquectl.shell.parts import ARGUMENT, EITHER, NATIVE, VALUE, Reading
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument

# How values are called in Disque's notation, by parameter type.
UNITS = {"seconds": "SECONDS", "wait": "MS", "count": "N"}


def rest_of_syntax(reading: Reading) -> str:
    """Return what may still be typed: `BODY MS-TIMEOUT [REPLICATE N] ...`, or empty."""
    command = reading.inner.command if reading.inner else reading.command
    if command is None:
        return ""
    if reading.next.subcommands:
        return "|".join(one.name for one in command.subcommands)
    if reading.next.parameters and isinstance(reading.next.parameters[0], Option):
        return _value(reading.next.parameters[0], reading.notation == NATIVE)
    native = reading.notation == NATIVE or (
        reading.notation == EITHER and reading.in_capitals and bool(command.grammar.verb)
    )
    return _native_rest(command, reading) if native else _disquectl_rest(command, reading)


def _disquectl_rest(command: Command, reading: Reading) -> str:
    words = [_as_due(argument) for argument in _missing(command.grammar.arguments, reading)]
    given = {part.parameter for part in reading.parts}
    options = [
        option for option in command.grammar.options if option in reading.next.flags and option not in given
    ]
    for option in options:
        words.append(f"[{option.flag}]" if option.is_flag else f"[{option.flag} {option.type.metavar}]")
    return " ".join(words)


def _native_rest(command: Command, reading: Reading) -> str:
    arguments = command.grammar.native.arguments if command.grammar.native else command.grammar.arguments
    keywords = list(map(_keyword, reading.next.keywords))
    places = [_as_due(argument, native=True) for argument in _missing(arguments, reading)]
    if reading.next.marker:
        return " ".join([*keywords, reading.next.marker, *places])
    return " ".join([*places, *(keywords or _keywords_to_come(command))])


def _keyword(option: Option) -> str:
    return f"[{_word(option)}]" if option.is_flag else f"[{_word(option)} {_value(option, True)}]"


def _keywords_to_come(command: Command) -> list[str]:
    """Return Disque's option words while arguments before them are still missing."""
    if command.grammar.native is None or command.grammar.native.marker:
        return []
    return [_keyword(option) for option in command.grammar.options if option.word]


def _missing(arguments: tuple[Argument, ...], reading: Reading) -> list[Argument]:
    """Return the missing arguments; if there are none, the last one if it may repeat."""
    given = sum(1 for part in reading.parts if part.role == ARGUMENT)
    if reading.inner is not None:
        given = sum(1 for part in reading.inner.parts if part.role == ARGUMENT)
    left = list(arguments[given:])
    if not left and arguments and arguments[-1].many and given:
        return [arguments[-1]]
    return left


def _as_due(argument: Argument, *, native: bool = False) -> str:
    name = argument.label
    if native and argument.type.name == "wait":
        name = f"MS-{name}"
    name += "..." if argument.many else ""
    return name if argument.required else f"[{name}]"


def _word(option: Option) -> str:
    return option.word.decode() if option.word else ""


def _value(option: Option, native: bool) -> str:
    return UNITS.get(option.type.name, option.type.metavar) if native else option.type.metavar


def about(reading: Reading) -> str:
    """Return the text for the bar: why a word is wrong, else what the current word means, with units."""
    wrong = next(reading.problems, None)
    if wrong is not None:
        return f"{wrong.word.text}: {wrong.problem}"
    typing = reading.line.typing
    last = reading.parts[-1] if reading.parts else None
    due: Argument | Option | None = None
    if last is not None and last.word is typing and last.role in (ARGUMENT, VALUE):
        due = last.parameter
    elif typing is None and reading.next.parameters:
        due = reading.next.parameters[0]
    if due is not None:
        return f"{_name(due, reading)}: {_explained(due, reading)}"
    command = reading.inner.command if reading.inner else reading.command
    return f"{command.name}: {command.summary}" if command is not None else ""


def _name(due: Argument | Option, reading: Reading) -> str:
    if isinstance(due, Option) and reading.notation == NATIVE:
        return _word(due)
    return due.label


def _explained(due: Argument | Option, reading: Reading) -> str:
    text = due.explained if isinstance(due, Option) else due.help
    if reading.notation == NATIVE and due.type.name in ("seconds", "wait"):
        unit = "Milliseconds" if due.type.name == "wait" else "Seconds"
        text = text.replace(", with a unit: 500ms, 5s", "")
        return text if text.startswith(unit) else f"{unit}. {text}"
    return text
