"""Records as flat rows, as pairs, and values as bytes: the readings that several formats share. Pure."""

from __future__ import annotations

from disquectl.render.escape import to_bytes
from disquectl.spec.shape import REPLY, SECTIONS, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.spec.shape import Record, Shape, Value


def rows(shape: Shape, record: Record) -> Iterator[Record]:
    """The record as flat rows over `shape.fields`."""
    if shape.layout == SECTIONS:
        common = {key: value for key, value in record.items() if not isinstance(value, dict)}
        for section, entries in record.items():
            if isinstance(entries, dict):
                for field, value in entries.items():
                    yield {**common, "section": section, "field": field, "value": value}
    elif shape.layout == TREE:
        common = {key: value for key, value in record.items() if not isinstance(value, list)}
        found = False
        for values in record.values():
            for item in values if isinstance(values, list) else ():
                found = True
                yield {**common, **item}
        if not found:
            yield common
    elif shape.layout == REPLY:
        for cells in lines(record.get("reply")):
            yield {"reply": cells}
    else:
        yield record


def pairs(shape: Shape, record: Record) -> Iterator[tuple[str, Value]]:
    """The record as names with values; names repeat in a TREE, one for each element of its list."""
    for key, value in record.items():
        if shape.layout == SECTIONS and isinstance(value, dict):
            yield from value.items()
        elif shape.layout == TREE and isinstance(value, list):
            for item in value:
                yield key, list(item.values())
        else:
            yield key, value


def lines(reply: Value) -> Iterator[list[Value]]:
    """A reply as cells by line: an array one element a line, an array within it as the cells of its line."""
    for item in reply if isinstance(reply, list) else [reply]:
        yield [marked(cell) for cell in item] if isinstance(item, list) else [marked(item)]


def marked(reply: Value) -> Value:
    """A reply with the errors in it, at any depth, as text: `(error) ERR ...`."""
    if isinstance(reply, dict) and "error" in reply:
        return f"(error) {reply['error']}"
    if isinstance(reply, list):
        return [marked(item) for item in reply]
    return reply


def as_bytes(value: Value) -> bytes:
    """A value as one cell, not yet safe: nil is empty, lists join with `,`, dicts are `name=value`."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return to_bytes(value)
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, (int, float)):
        return str(value).encode()
    if isinstance(value, dict):
        return b",".join(to_bytes(name) + b"=" + as_bytes(item) for name, item in value.items())
    return b",".join([as_bytes(item) for item in value])
