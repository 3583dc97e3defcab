"""Flattens records to rows, pairs or lines, and values to bytes, for the formats. Pure."""

from __future__ import annotations

from disquectl.render.escape import to_bytes
from disquectl.spec.shape import REPLY, SECTIONS, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.spec.shape import Record, Shape, Value


def rows(shape: Shape, record: Record) -> Iterator[Record]:
    """Yield the record as flat rows with `shape.fields`."""
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
    """Yield a reply as lines of cells: one line per element, one cell per element of that."""
    for key, value in record.items():
        if shape.layout == SECTIONS and isinstance(value, dict):
            yield from value.items()
        elif shape.layout == TREE and isinstance(value, list):
            for item in value:
                yield key, list(item.values())
        else:
            yield key, value


def lines(reply: Value) -> Iterator[list[Value]]:
    """Yield a reply as lines of cells: a line per element, a cell per element of that."""
    for item in reply if isinstance(reply, list) else [reply]:
        yield [marked(cell) for cell in item] if isinstance(item, list) else [marked(item)]


def marked(reply: Value) -> Value:
    """Return a reply with its errors, at any depth, as text: `(error) ERR ...`."""
    if isinstance(reply, dict) and "error" in reply:
        return f"(error) {reply['error']}"
    if isinstance(reply, list):
        return [marked(item) for item in reply]
    return reply


def as_bytes(value: Value) -> bytes:
    """Return a value as one unescaped cell: nil is empty, lists are joined by `,`, dicts are `name=value`."""
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
