"""plain: lines for scripts; and the rows of tsv, which are the same.

One record a line, fields separated by tabs, everything escaped (see `escape.plain`), nothing cut or wrapped.
In plain, a single value is one line, and a single record of many fields is `name<TAB>value` lines. Knows no
other format and loads no library.
"""

from __future__ import annotations

from disquectl.render.escape import plain
from disquectl.render.flatten import as_bytes, lines, pairs
from disquectl.render.stream import Writer
from disquectl.spec.shape import PAIRS, RECORDS, REPLY, SECTIONS, TREE, VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from disquectl.protocol.columns import Column, Records
    from disquectl.spec.shape import Record, Shape, Value


def _cell(value: Value) -> str:
    return plain(value) if isinstance(value, (bytes, str)) else plain(as_bytes(value))


def line(cells: Sequence[Value]) -> bytes:
    """Return a row of plain or tsv."""
    return ("\t".join([_cell(cell) for cell in cells]) + "\n").encode()


class _NeedsEscapes(Exception):
    """A value of a column needs escapes."""


def _joined(cells: Sequence[Value]) -> Sequence[str]:
    """Return lists as cells. Raises UnicodeDecodeError."""
    try:
        return list(map(",".join, cells))  # type: ignore[arg-type]  # lists of other things raise
    except TypeError:
        return [as_bytes(cell).decode() for cell in cells]


def _texts(column: Column) -> Sequence[str]:
    """Return the cells as text. Raises _NeedsEscapes."""
    cells, types = column.values, column.types
    if types <= {int, type(None)}:
        return ["" if cell is None else str(cell) for cell in cells]
    try:
        if types == {bytes}:
            cells = list(map(bytes.decode, cells))
        elif types != {str}:
            cells = _joined(cells) if types == {list} else [as_bytes(cell).decode() for cell in cells]
    except UnicodeDecodeError:
        raise _NeedsEscapes from None
    whole = "".join(cells)
    if not whole.isprintable() or "\\" in whole:
        raise _NeedsEscapes
    return cells


class PlainWriter(Writer):
    """Writes each record as it comes."""

    __slots__ = ("_shape",)

    def __init__(self, out: BinaryIO, shape: Shape) -> None:
        super().__init__(out)
        self._shape = shape

    def write(self, record: Record) -> None:
        shape = self._shape
        if shape.layout == REPLY:
            for cells in lines(record.get("reply")):
                self._line(cells)
        elif shape.layout in (SECTIONS, TREE) or (shape.layout == PAIRS and not shape.many):
            for name, value in pairs(shape, record):
                self._line([name, value])
        elif shape.layout == VALUE and not shape.many:
            self._line([record.get(shape.value or shape.fields[0])])
        else:
            self._line([record.get(field) for field in shape.fields or record])

    def write_all(self, records: Records) -> None:
        """Write all in one piece if they are `Columns` that need no escapes, which is faster."""
        shape = self._shape
        has_rows = shape.layout == RECORDS or (shape.layout == VALUE and shape.many)
        if isinstance(records, list) or not records or not has_rows:
            super().write_all(records)
            return
        picked = records.pick(self._shape.fields or records.names)
        try:
            rows = picked.fill(["", *["\t"] * (len(picked.names) - 1)], "\n", _texts)
        except _NeedsEscapes:
            super().write_all(records)
        else:
            self._put("".join(rows).encode())

    def _line(self, cells: list[Value]) -> None:
        self._put(line(cells))
