"""The words to offer where they are known without a server: choices, columns, and elements of a list.

TAB in bash, zsh and fish and the menu of the interactive shell both read them here. Pure.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.spec.param_types import FLAG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Argument, Option, Values

    # The words that were given to arguments and options, by name; for a flag any words.
    Given = Mapping[str, tuple[str, ...]]
    # Words with what they mean, or "".
    Offers = dict[str, str]

# Parameters that take a comma-separated list.
LISTS = ("node", "columns")


def elements_before(parameter: Argument | Option, value: str) -> str:
    """The beginning of a value up to the element being typed: `a,b,` of `a,b,c`; "" without a list."""
    if parameter.name not in LISTS:
        return ""
    place = value.rfind(",") + 1
    return value[: place + len(value[place:]) - len(value[place:].lstrip())] if place else ""


def words_for(
    parameter: Argument | Option, command: Command | None, given: Given, before: str = ""
) -> Offers:
    """The words for this parameter; `before` are the elements of its list so far, which are left out."""
    if parameter.name == "columns":
        taken = [one.strip() for one in before.split(",")]
        return {name: text for name, text in columns(command, given).items() if name not in taken}
    kind = parameter.type
    if parameter.name == "sort" and command is not None:
        return {column: _meaning(command, column) for column in kind.choices}
    return {choice: kind.meanings.get(choice, "") for choice in kind.choices}


def columns(command: Command | None, given: Given) -> Offers:
    """The columns of a command's records, as its words so far make them."""
    if command is None or command.shape is None:
        return {}
    usual = {
        argument.name: (argument.type.choices[0] if argument.type.choices else "",)
        for argument in command.grammar.arguments
        if argument.required
    }
    values = _converted(command, usual) | _converted(command, given)
    shape = command.shape(values)
    if "cluster" in values and command.merge in ("add", "by_id"):
        shape = shape.with_nodes()
    elif "cluster" in values and command.merge != "none":
        shape = shape.with_node()
    return {name: _meaning(command, name) for name in shape.fields}


def _meaning(command: Command, column: str) -> str:
    from disquectl.spec.vocabulary import meaning_of_column

    return meaning_of_column(command.full_name, column)


def _converted(command: Command, given: Given) -> Values:
    """The values of a line that may be wrong; those that are wrong are left out."""
    values: Values = {}
    parameters: tuple[Argument | Option, ...] = (*command.grammar.arguments, *command.grammar.options)
    for parameter in parameters:
        words = given.get(parameter.name)
        if not words:
            continue
        try:
            found = [True if parameter.type is FLAG else parameter.type.convert(word) for word in words]
        except UsageError:
            continue
        values[parameter.name] = tuple(found) if parameter.many else found[-1]
    return values
