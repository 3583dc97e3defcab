"""Rows with a header, for csv and tsv: every layout is flattened to rows.

The function that formats a row is passed in; knows no format.
"""

from __future__ import annotations

from disquectl.render.flatten import rows
from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from disquectl.spec.shape import Record, Shape, Value


class RowsWriter(Writer):
    """Writes each record as rows, after a header. `line` formats the cells of a row."""

    __slots__ = ("_fields", "_header", "_line", "_shape")

    def __init__(
        self, out: BinaryIO, shape: Shape, header: bool, line: Callable[[Sequence[Value]], bytes]
    ) -> None:
        super().__init__(out)
        self._shape = shape
        self._fields = shape.fields
        self._header = header
        self._line = line

    def write(self, record: Record) -> None:
        self._fields = self._fields or tuple(record)
        self._write_header()
        for row in rows(self._shape, record):
            self._put(self._line([row.get(field) for field in self._fields]))

    def finish(self) -> None:
        self._write_header()
        self.flush()

    def _write_header(self) -> None:
        if self._header and self._fields:
            self._put(self._line(self._fields))
        self._header = False
