"""The columns of a command's records, with what they mean. Pure."""

from __future__ import annotations

import shlex

from disquectl.commands import find
from disquectl.execution.parser import parse
from disquectl.spec.parameters import convert
from disquectl.spec.vocabulary import meaning_of_column

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.command import Command


def columns_of(command: Command) -> list[tuple[str, str]]:
    """The columns of its example, as --columns and the keys of JSON name them; none if it has no records."""
    example = parse(shlex.split(command.example)[1:], find) if command.shape else None
    if command.shape is None or example is None:
        return []
    values = convert((*command.grammar.arguments, *command.grammar.options), example.words)
    name = " ".join(command.example.split()[1:3]) if command.group == "" else command.name
    return [(field, meaning_of_column(name, field)) for field in command.shape(values).fields]
