"""The rest of the syntax behind the cursor, and what the bar says of the word that is due. Pure."""

from __future__ import annotations

from disquectl.commands.row import Option
from disquectl.shell.parts import ARGUMENT, DISQUES, EITHER, VALUE, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Argument, Row

# How a value reads in Disque's own words, by its kind.
UNITS = {"seconds": "SECONDS", "wait": "MS", "count": "N"}


def rest_of_syntax(reading: Reading) -> str:
    """What may still be typed: `BODY MS-TIMEOUT [REPLICATE N] ...`; empty where nothing is."""
    row = reading.inner.row if reading.inner else reading.row
    if row is None:
        return ""
    if reading.next.subcommands:
        return "|".join(one.name for one in row.subcommands)
    if reading.next.parameters and isinstance(reading.next.parameters[0], Option):
        return _value(reading.next.parameters[0], reading.notation == DISQUES)
    disques = reading.notation == DISQUES or (
        reading.notation == EITHER and reading.shouted and bool(row.verb)
    )
    return _disques_rest(row, reading) if disques else _our_rest(row, reading)


def _our_rest(row: Row, reading: Reading) -> str:
    words = [_as_due(argument) for argument in _missing(row.arguments, reading)]
    given = {part.parameter for part in reading.parts}
    options = [option for option in row.options if option in reading.next.flags and option not in given]
    for option in options:
        words.append(f"[{option.flag}]" if option.is_flag else f"[{option.flag} {option.kind.metavar}]")
    return " ".join(words)


def _disques_rest(row: Row, reading: Reading) -> str:
    arguments = row.native.arguments if row.native else row.arguments
    keywords = list(map(_keyword, reading.next.keywords))
    places = [_as_due(argument, disques=True) for argument in _missing(arguments, reading)]
    if reading.next.marker:
        return " ".join([*keywords, reading.next.marker, *places])
    return " ".join([*places, *(keywords or _keywords_to_come(row))])


def _keyword(option: Option) -> str:
    return f"[{_word(option)}]" if option.is_flag else f"[{_word(option)} {_value(option, True)}]"


def _keywords_to_come(row: Row) -> list[str]:
    """The options of Disque's words, while their time has not come yet."""
    if row.native is None or row.native.marker:
        return []
    return [_keyword(option) for option in row.options if option.word]


def _missing(arguments: tuple[Argument, ...], reading: Reading) -> list[Argument]:
    """The arguments that are still to come; the last one again where it may repeat."""
    given = sum(1 for part in reading.parts if part.role == ARGUMENT)
    if reading.inner is not None:
        given = sum(1 for part in reading.inner.parts if part.role == ARGUMENT)
    left = list(arguments[given:])
    if not left and arguments and arguments[-1].many and given:
        return [arguments[-1]]
    return left


def _as_due(argument: Argument, *, disques: bool = False) -> str:
    name = argument.label
    if disques and argument.kind.name == "wait":
        name = f"MS-{name}"
    name += "..." if argument.many else ""
    return name if argument.required else f"[{name}]"


def _word(option: Option) -> str:
    return option.word.decode() if option.word else ""


def _value(option: Option, disques: bool) -> str:
    return UNITS.get(option.kind.name, option.kind.metavar) if disques else option.kind.metavar


def about(reading: Reading) -> str:
    """What the bar says: why a word is wrong, else what the word that is due means, with units."""
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
    row = reading.inner.row if reading.inner else reading.row
    return f"{row.name}: {row.summary}" if row is not None else ""


def _name(due: Argument | Option, reading: Reading) -> str:
    if isinstance(due, Option) and reading.notation == DISQUES:
        return _word(due)
    return due.label


def _explained(due: Argument | Option, reading: Reading) -> str:
    text = due.explained if isinstance(due, Option) else due.help
    if reading.notation == DISQUES and due.kind.name in ("seconds", "wait"):
        unit = "Milliseconds" if due.kind.name == "wait" else "Seconds"
        text = text.replace(", with a unit: 500ms, 5s", "")
        return text if text.startswith(unit) else f"{unit}. {text}"
    return text
