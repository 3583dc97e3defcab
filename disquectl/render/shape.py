"""How the records of a command look, whatever the format they are written in.

A record is a dict of named values: None, bool, int, float, str (text of the server or of this program), bytes
(a name, a body, an argument: anything at all), and lists and dicts of these. A Shape says which fields to
expect and how they lie; `rows`, `pairs` and `as_bytes` are the readings that several formats share.

This module knows no command, no format and no terminal.
"""

from __future__ import annotations

from disquectl.render.escape import to_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    Value: TypeAlias = bool | int | float | str | bytes | Sequence["Value"] | Mapping[str, "Value"] | None
    Record: TypeAlias = Mapping[str, Value]

# The layouts. Each but RECORDS has a form of its own in plain and table; csv and tsv always have rows.
RECORDS = "records"  # a row of fields
VALUE = "value"  # one value that matters, alone on its line: a length, an ID, a count
PAIRS = "pairs"  # one thing with many fields, each on a line with its name: show, cluster info
SECTIONS = "sections"  # dicts of fields by section: info; its rows are section, field, value
TREE = "tree"  # a few fields and one list of dicts: hello; its rows have the fields and those of one dict
REPLY = "reply"  # any reply at all under the name `reply`, as exec gives it


class Shape:
    """How a command's records look.

    fields  the columns, in order; for SECTIONS and TREE those of the rows. Empty: those of the first record
    layout  one of the layouts above
    many    several records can come: an array in JSON, and VALUE and PAIRS become rows in plain and table
    value   the field that stands alone with VALUE; raw writes it with any layout
    kinds   field -> how a table shows it to people (see `human.show`); "id" is never cut, nor folded,
            and one value of "lines" keeps its lines
    body    the field that raw writes, before `value`
    """

    __slots__ = ("body", "fields", "kinds", "layout", "many", "value")

    def __init__(
        self,
        fields: tuple[str, ...],
        layout: str = RECORDS,
        *,
        many: bool = False,
        value: str | None = None,
        kinds: dict[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        self.fields = fields
        self.layout = layout
        self.many = many
        self.value = value
        self.kinds = kinds or {}
        self.body = body


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
