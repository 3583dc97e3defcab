"""A table whose rows come one by one, as vmstat writes it: the header comes again for each screen.

Knows no command.
"""

from __future__ import annotations

from datetime import datetime

from disquectl.render.human import show
from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from disquectl.spec.shape import Record, Shape

LEAST_WIDTH = 8


class SteadyWriter(Writer):
    """Writes each record at once, numbers to the right.

    height  rows after which the header comes again; 0: never
    header  whether there is one
    """

    __slots__ = ("_header", "_height", "_rows", "_shape", "_widths")

    def __init__(self, out: BinaryIO, shape: Shape, *, height: int, header: bool) -> None:
        super().__init__(out)
        self._shape = shape
        self._height = height
        self._header = header
        self._rows = 0
        self._widths = [max(len(name), LEAST_WIDTH) for name in shape.fields]

    def write(self, record: Record) -> None:
        cells = [self._cell(name, record.get(name)) for name in self._shape.fields]
        self._widths = [max(width, len(cell)) for width, cell in zip(self._widths, cells, strict=True)]
        if self._header and (not self._rows or (self._height and self._rows % self._height == 0)):
            self._line([name.replace("_", " ") for name in self._shape.fields])
        self._line(cells)
        self._rows += 1
        self.flush()

    def _cell(self, name: str, value: object) -> str:
        if value is None:
            return "-"
        kind = self._shape.kinds.get(name, "")
        if isinstance(value, (int, float)):
            return show(value, kind, None) if kind else f"{value:,}"
        if kind == "iso":
            return datetime.fromisoformat(str(value)).astimezone().strftime("%H:%M:%S")
        return str(value)

    def _line(self, cells: list[str]) -> None:
        padded = (cell.rjust(width) for cell, width in zip(cells, self._widths, strict=True))
        self._put((" ".join(padded).rstrip() + "\n").encode())
