"""The parts of a table: cells, grids and blocks.

Turns values into safe text for people; knows nothing of widths and colours.
"""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.flatten import as_bytes
from disquectl.render.human import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.shape import Value


class Cell:
    """A value prepared for a table.

    lines   its text, escaped; only lists of IDs, values of kind `lines` and bodies in another form have more
    whole   must not be folded: half a number or half an ID would be misread
    number  right-aligned
    listed  it is a list, folded between its items
    kind    the kind of value, for its colour
    """

    __slots__ = ("kind", "lines", "listed", "number", "whole")

    def __init__(self, value: Value, kind: str, now_ms: int | None) -> None:
        self.kind = kind
        self.number = False
        self.listed = isinstance(value, list)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self.number = True
            self.lines = [show(value, kind, now_ms)]
        elif isinstance(value, list) and kind == "id":
            self.lines = [for_terminal(as_bytes(item)) for item in value] or [""]
        elif kind == "lines" or (kind == "body" and isinstance(value, str)):
            self.lines = [for_terminal(line) for line in as_bytes(value).removesuffix(b"\n").split(b"\n")]
        else:
            self.lines = [for_terminal(as_bytes(value))]
        self.whole = self.number or kind in ("id", "word")


class Grid:
    """Rows of cells, under the names of the columns if `titled`."""

    __slots__ = ("names", "rows", "titled")

    def __init__(self, names: list[str], rows: list[list[Cell]], titled: bool) -> None:
        self.names = names
        self.rows = rows
        self.titled = titled


class Block:
    """One thing: a name and a value on each line, under a title or none."""

    __slots__ = ("cells", "title")

    def __init__(self, title: str, cells: list[tuple[str, Cell]]) -> None:
        self.title = title
        self.cells = cells
