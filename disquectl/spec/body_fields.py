"""`--field`: tests of one member of a JSON body: `user.id=42`, `items.0.sku=A-1`, `error`, `n<10`. Pure.

A path is the names of members with dots between them; a number steps into an array, and `\\.` is a dot within
a name. `=` and `!=` compare a string with the text, any other value with the text read as JSON. `<` and `>`
compare numbers as numbers and strings as strings. A body that is not JSON, or lacks the member, never passes.
"""

from __future__ import annotations

import json

from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OPERATORS = ("!=", "=", "<", ">")
_ABSENT = object()


def field_test(text: str) -> Callable[[bytes], bool]:
    """The test that `text` stands for. Raises UsageError for an empty path."""
    path, operator, value = _parts(text)
    names = _names(path)
    if not path or "" in names:
        raise UsageError(f"--field: the path is empty: {text!r}", "write PATH, PATH=VALUE, !=, < or >")
    if not operator:
        return lambda body: _member(body, names) is not _ABSENT
    test = _comparison(operator, value)

    def passes(body: bytes) -> bool:
        member = _member(body, names)
        return member is not _ABSENT and test(member)

    return passes


def _parts(text: str) -> tuple[str, str, str]:
    """Path, operator and value: the first operator in the text ends the path."""
    found = [(at, operator) for operator in OPERATORS if (at := text.find(operator)) >= 0]
    if not found:
        return text, "", ""
    at, operator = min(found, key=lambda one: (one[0], -len(one[1])))
    return text[:at], operator, text[at + len(operator) :]


def _names(path: str) -> list[str]:
    return [name.replace("\0", ".") for name in path.replace("\\.", "\0").split(".")]


def _member(body: bytes, names: list[str]) -> object:
    """The member of a body, or _ABSENT."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return _ABSENT
    for name in names:
        if isinstance(value, dict):
            value = value.get(name, _ABSENT)
        elif isinstance(value, list) and name.isascii() and name.isdecimal():
            value = value[int(name)] if len(name) < 10 and int(name) < len(value) else _ABSENT
        else:
            return _ABSENT
    return value


def _comparison(operator: str, text: str) -> Callable[[object], bool]:
    try:
        wanted: object = json.loads(text)
    except (ValueError, RecursionError):
        wanted = _ABSENT

    def equals(member: object) -> bool:
        if isinstance(member, str):
            return member == text
        return _is_same(member, wanted)

    def orders(member: object) -> bool:
        if isinstance(member, str):
            return member < text if operator == "<" else member > text
        left, right = _number(member), _number(wanted)
        if left is None or right is None:
            return False
        return left < right if operator == "<" else left > right

    if operator == "=":
        return equals
    if operator == "!=":
        return lambda member: not equals(member)
    return orders


def _number(value: object) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_same(one: object, other: object) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other
