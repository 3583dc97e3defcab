"""Lines for scripts: plain, and tsv, which is plain rows with a header.

One record a line, tab between fields, everything escaped (see `escape.plain`); nothing is cut or wrapped.
What has a layout of its own stands so in plain: a value alone on its line, a thing of many fields as
`name<TAB>value` lines. This module knows no other format and loads no library.
"""

from __future__ import annotations

from disquectl.render.escape import plain
from disquectl.render.shape import PAIRS, RECORDS, REPLY, SECTIONS, TREE, VALUE, as_bytes, lines, pairs, rows
from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import BinaryIO

    from disquectl.render.shape import Record, Shape, Value


def _cell(value: Value) -> str:
    return plain(value) if isinstance(value, (bytes, str)) else plain(as_bytes(value))


def _texts(cells: Sequence[Value]) -> list[str]:
    """A column of cells as they are, nothing escaped. Raises UnicodeDecodeError."""
    types = set(map(type, cells))
    if types == {str}:
        return list(cells)  # type: ignore[arg-type]  # as the line above says
    if types == {bytes}:
        return list(map(bytes.decode, cells))  # type: ignore[arg-type]  # the same
    if types == {int}:
        return list(map(str, cells))
    if types <= {int, type(None)}:
        return ["" if cell is None else str(cell) for cell in cells]
    if types == {list}:
        try:
            return list(map(",".join, cells))  # type: ignore[arg-type]  # lists of other things raise
        except TypeError:
            return [as_bytes(cell).decode() for cell in cells]
    return [as_bytes(cell).decode() for cell in cells]


def _cells(record: Record, fields: tuple[str, ...]) -> Iterable[Value]:
    return record.values() if tuple(record) == fields else [record.get(field) for field in fields]


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

    def write_all(self, records: Iterable[Record]) -> None:
        """All rows in one piece where nothing in them needs escaping, which is quicker."""
        fields = self._shape.fields
        records = list(records)
        rows = self._shape.layout == RECORDS or (self._shape.layout == VALUE and self._shape.many)
        if not rows or not fields or not records:
            super().write_all(records)
            return
        try:
            columns = [
                _texts(column) for column in zip(*(_cells(record, fields) for record in records), strict=True)
            ]
        except UnicodeDecodeError:
            super().write_all(records)
            return
        whole = "".join(["".join(column) for column in columns])
        if not whole.isprintable() or "\\" in whole:
            super().write_all(records)
            return
        lines = map("\t".join, zip(*columns, strict=True)) if len(columns) > 1 else columns[0]
        self._put("\n".join([*lines, ""]).encode())

    def write_values(self, field: str, values: list[str]) -> None:
        whole = "".join(values)
        rows = self._shape.layout in (RECORDS, VALUE)
        if values and rows and self._shape.fields == (field,) and whole.isprintable() and "\\" not in whole:
            self._put("\n".join([*values, ""]).encode())
        else:
            super().write_values(field, values)

    def _line(self, cells: list[Value]) -> None:
        self._put(("\t".join([_cell(cell) for cell in cells]) + "\n").encode())


class TsvWriter(Writer):
    """Writes each record as rows, after a header."""

    __slots__ = ("_fields", "_header", "_shape")

    def __init__(self, out: BinaryIO, shape: Shape, header: bool) -> None:
        super().__init__(out)
        self._shape = shape
        self._fields = shape.fields
        self._header = header

    def write(self, record: Record) -> None:
        self._fields = self._fields or tuple(record)
        self._write_header()
        for row in rows(self._shape, record):
            self._line([row.get(field) for field in self._fields])

    def finish(self) -> None:
        self._write_header()
        self.flush()

    def _write_header(self) -> None:
        if self._header and self._fields:
            self._line(list(self._fields))
        self._header = False

    def _line(self, cells: list[Value]) -> None:
        self._put(("\t".join([_cell(cell) for cell in cells]) + "\n").encode())
