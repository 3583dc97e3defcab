"""table: for people. Chooses the parts of a table; `draw` draws them.

Records are the rows of a grid; a single record is a block of `name  value` lines, info a block for each
section, hello a block and a grid of its nodes. A single value is just that value, and an arbitrary reply a
numbered list: these two are written at once, without loading Rich.

Knows no other format, and nothing of widths and colours.
"""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.flatten import as_bytes
from disquectl.render.parts import Block, Cell, Grid
from disquectl.render.reply import tree
from disquectl.render.stream import Writer
from disquectl.spec.shape import PAIRS, REPLY, SECTIONS, TREE, VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from disquectl.render.theme import Theme
    from disquectl.spec.shape import Record, Shape, Value


class TableWriter(Writer):
    """Keeps the records and draws them in `finish`."""

    __slots__ = ("_color", "_header", "_now_ms", "_records", "_shape", "_theme", "_width")

    def __init__(
        self,
        out: BinaryIO,
        shape: Shape,
        *,
        header: bool,
        width: int,
        color: bool,
        theme: Theme,
        now_ms: int | None,
    ) -> None:
        super().__init__(out)
        self._shape = shape
        self._header = header
        self._width = width
        self._color = color
        self._theme = theme
        self._now_ms = now_ms
        self._records: list[Record] = []

    def write(self, record: Record) -> None:
        shape = self._shape
        if shape.layout == REPLY:
            for label, scalar in tree(record.get("reply")):
                self._put(f"{label}{for_terminal(as_bytes(scalar))}\n".encode())
        elif shape.layout == VALUE and not shape.many:
            field = shape.value or shape.fields[0]
            self._put("".join(f"{line}\n" for line in self._cell(field, record.get(field)).lines).encode())
        else:
            self._records.append(record)

    def finish(self) -> None:
        parts = list(self._parts())
        if parts:
            from disquectl.render.draw import draw

            self._put(draw(parts, self._width, self._color, self._theme).encode())
        self.flush()

    def _parts(self) -> Iterator[Grid | Block]:
        shape = self._shape
        if shape.layout == REPLY or (shape.layout == VALUE and not shape.many):
            return
        if shape.layout in (SECTIONS, TREE) or (shape.layout == PAIRS and not shape.many):
            for record in self._records:
                yield from self._single_record(record)
        elif self._records or shape.many:
            yield self._grid(shape.fields, self._records)

    def _single_record(self, record: Record) -> Iterator[Grid | Block]:
        """Yield the blocks of one record, and the grid of its list."""
        layout = self._shape.layout
        nested = {SECTIONS: dict, TREE: list}.get(layout, ())
        loose = {name: value for name, value in record.items() if not isinstance(value, nested)}
        if loose:
            yield self._block("", loose)
        for name, value in record.items():
            if layout == SECTIONS and isinstance(value, dict):
                yield self._block(name, value)
            elif layout == TREE and isinstance(value, list):
                yield self._grid((), value)

    def _block(self, title: str, record: Record) -> Block:
        cells = [(for_terminal(name), self._cell(name, value)) for name, value in record.items()]
        return Block(for_terminal(title), cells)

    def _grid(self, fields: tuple[str, ...], records: list[Record]) -> Grid:
        fields = fields or tuple(records[0] if records else ())
        cells = [[self._cell(field, record.get(field)) for field in fields] for record in records]
        return Grid([for_terminal(field) for field in fields], cells, self._header)

    def _cell(self, field: str, value: Value) -> Cell:
        return Cell(value, self._shape.kinds.get(field, "text"), self._now_ms)
