"""raw: the bytes unchanged, nothing escaped.

Of each record, the body if the shape has one, else its value, else its fields as in plain (tabs between
fields, `name<TAB>value` lines), unescaped. Of an arbitrary reply, every scalar. Items are separated by
newline or NUL, with none after the last, so that a single body is written as exactly its bytes.

Knows no other format.
"""

from __future__ import annotations

from disquectl.render.flatten import as_bytes, pairs
from disquectl.render.reply import leaves
from disquectl.render.stream import Writer
from disquectl.spec.shape import PAIRS, REPLY, SECTIONS, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from disquectl.spec.shape import Record, Shape


class RawWriter(Writer):
    """Writes each item at once, with the separator before all but the first."""

    __slots__ = ("_between", "_separator", "_shape")

    def __init__(self, out: BinaryIO, shape: Shape, null: bool) -> None:
        super().__init__(out)
        self._shape = shape
        self._separator = b"\0" if null else b"\n"
        self._between = b""

    def write(self, record: Record) -> None:
        for item in _items(self._shape, record):
            self._put(self._between)
            self._put(item)
            self._between = self._separator

    def pause(self) -> None:
        self._put(self._between)
        self._between = b""
        self.flush()


def _items(shape: Shape, record: Record) -> Iterator[bytes]:
    field = shape.body or shape.value
    if shape.layout == REPLY:
        for scalar in leaves(record.get("reply")):
            yield as_bytes(scalar)
    elif field is not None:
        yield as_bytes(record.get(field))
    elif shape.layout in (SECTIONS, TREE) or (shape.layout == PAIRS and not shape.many):
        for name, value in pairs(shape, record):
            yield name.encode() + b"\t" + as_bytes(value)
    else:
        yield b"\t".join([as_bytes(record.get(name)) for name in shape.fields or record])
