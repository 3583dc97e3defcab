"""Arbitrary replies, as from `exec`: their scalars for raw, their tree for tables.

A reply is None, an int, a str, bytes, a list of replies, or `{"error": text}`. Knows no format.
"""

from __future__ import annotations

from disquectl.render.flatten import marked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.spec.shape import Value


def leaves(reply: Value) -> Iterator[Value]:
    """Yield every scalar of the reply in order; an error as its text."""
    if isinstance(reply, list):
        for item in reply:
            yield from leaves(item)
    elif isinstance(reply, dict) and "error" in reply:
        yield reply["error"]
    else:
        yield reply


def tree(reply: Value) -> Iterator[tuple[str, Value]]:
    """Yield label and scalar for each line: elements numbered, nested arrays indented, as in redis-cli."""
    if not isinstance(reply, list):
        yield "", "(nil)" if reply is None else marked(reply)
    elif not reply:
        yield "", "(empty)"
    else:
        places = len(str(len(reply)))
        for number, item in enumerate(reply, 1):
            label = f"{number:{places}}) "
            for inner, scalar in tree(item):
                yield label + inner, scalar
                label = " " * len(label)
