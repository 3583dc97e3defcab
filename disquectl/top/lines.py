"""Lines of styled text: cells, columns that fit, and cutting to a width. Pure.

A line is a list of pieces, each a style and a text. Styles are words, `error`, `dim` and so on; what they
look like is up to the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass

from disquectl.render.fit import cells, cut
from disquectl.top.sparkline import ASCII, BLOCKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Piece: TypeAlias = tuple[str, str]
    Line: TypeAlias = list[Piece]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else the view needs to know.

    clock    the time of day; now: the same in seconds since 1970
    cluster  the name of the profile
    """

    width: int
    height: int
    clock: str = ""
    cluster: str = ""
    every: float = 2.0
    blocks: bool = True
    now: float = 0.0

    @property
    def marks(self) -> str:
        """The characters of sparklines."""
        return BLOCKS if self.blocks else ASCII


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `rank`: those of a high one are left out first; `sort`: the field it sorts by."""

    title: str
    width: int
    rank: int
    sort: str = ""


# Figures of a queue that are older than this show their age.
OLD_FIGURES_SECONDS = 5.0
# Columns of a higher rank than this are there only if names have more room.
_LEAST_NAME, _COMFORTABLE_NAME, _NEEDED_RANK = 14, 24, 5


# Columns of words, which stand to the left.
_WORDS = ("state", "health")


def columns_that_fit(width: int, columns: tuple[Column, ...]) -> tuple[list[Column], int]:
    """The columns that fit beside a name, and the width of the name."""
    name = width - 2
    chosen = []
    for column in sorted(columns, key=lambda one: one.rank):
        least = _LEAST_NAME if column.rank <= _NEEDED_RANK else _COMFORTABLE_NAME
        if name - column.width - 1 < least:
            break
        chosen.append(column)
        name -= column.width + 1
    return [column for column in columns if column in chosen], name


def titles(name: str, columns: list[Column], name_width: int, sort: str = "", order: str = "") -> Line:
    """The line above a list; the column of `sort` is marked by `order`."""
    titles = (cell(one.title + (order if sort and one.sort == sort else ""), one) for one in columns)
    return [("title", f"  {padded(name, name_width)}{''.join(titles)}")]


def count(value: object) -> str:
    """A whole number, or `-`."""
    return f"{value:,}" if isinstance(value, int) else "-"


def rate(value: float | None) -> str:
    """Jobs per second."""
    if value is None:
        return "-"
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def cell(text: str, column: Column) -> str:
    """A cell with a blank before it: words to the left, all else to the right."""
    if column.title in _WORDS:
        return " " + padded(text, column.width)
    return " " + cut(text, column.width).rjust(column.width)


def padded(text: str, width: int) -> str:
    """The text, cut or padded to exactly this many cells."""
    text = cut(text, width)
    return text + " " * (width - cells(text))


def with_cursor(line: Line) -> Line:
    """The line as the one of the cursor."""
    return [(f"{style} cursor".strip(), text) for style, text in line]


def line_width(line: Line) -> int:
    """How many cells it takes."""
    return sum(cells(text) for _, text in line)


def spread(left: Line, right: Line, width: int) -> Line:
    """Both ends of one line."""
    gap = max(width - line_width(left) - line_width(right), 2)
    return [*left, ("", " " * gap), *right]


def fitted(line: Line, width: int) -> Line:
    """The line in at most `width` cells."""
    fitted: Line = []
    left = width
    for style, text in line:
        if left <= 0:
            break
        piece = cut(text, left)
        if piece:
            fitted.append((style, piece))
            left -= cells(piece)
    return fitted


def as_text(lines: list[Line]) -> str:
    """The lines without styles."""
    return "".join("".join(text for _, text in line).rstrip() + "\n" for line in lines)
