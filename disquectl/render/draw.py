"""Draws tables for a terminal of a given width: column widths, folding, colours. The only module with Rich.

A grid fits the terminal: numbers and IDs are never split, other cells fold. If that does not fit, each row
becomes a block of `name  value` lines; if names and values do not fit side by side, the value goes below the
name. A line is longer than the terminal only if the terminal is narrower than an ID.

Text arrives escaped and is passed to Rich as Text, which is not searched for markup, emoji codes or things to
highlight. Import this module only to draw.
"""

from __future__ import annotations

from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, chop_cells
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text
from rich.theme import Theme as RichTheme

from disquectl.render.fit import fit_widths
from disquectl.render.parts import Block, Cell, Grid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.render.theme import Theme

# Styles that are readable on dark and light backgrounds.
TITLE = "bold"
NAME = "dim"
KINDS = {"id": "disque.id"}
ID_COLORS: dict[Theme, str] = {"dark": "cyan", "light": "blue", "none": "none"}

GAP = 2
# Text is not folded to fewer columns than this.
LEAST = 12


def draw(parts: Sequence[Grid | Block], width: int, color: bool, theme: Theme = "dark") -> str:
    """Return the parts as lines, separated by blank lines; without `color`, without escape sequences."""
    # With a height and an environment given, Rich asks neither the terminal nor os.environ.
    console = Console(
        file=StringIO(),
        width=width,
        height=100,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        theme=RichTheme({KINDS["id"]: ID_COLORS[theme]}),
        legacy_windows=False,
        _environ={},
    )
    drawn = []
    for part in parts:
        with console.capture() as capture:
            if isinstance(part, Block):
                _draw_block(console, part, width)
            else:
                _draw_grid(console, part, width)
        drawn.append("".join(line.rstrip(" ") + "\n" for line in capture.get().split("\n")[:-1]))
    return "\n".join(drawn)


def _draw_grid(console: Console, grid: Grid, width: int) -> None:
    titles = [name.replace("_", " ") if grid.titled else "" for name in grid.names]
    columns = [[row[place] for row in grid.rows] for place in range(len(titles))]
    natural = []
    least = []
    for title, cells in zip(titles, columns, strict=True):
        natural.append(max([cell_len(title), *map(_natural, cells)]))
        least.append(max([*map(cell_len, title.split()), *map(_least, cells)], default=0))
    widths = fit_widths(natural, least, GAP, width)
    if widths is None:
        for number, row in enumerate(grid.rows):
            if number:
                console.line()
            _draw_block(console, Block("", list(zip(grid.names, row, strict=True))), width)
        return
    # The gap is one blank of padding and one between columns, from the box.
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_header=grid.titled
    )
    for title, cells, room in zip(titles, columns, widths, strict=True):
        # A column of numbers stays right-aligned if some are nil.
        right = any(cell.number for cell in cells) and all(
            cell.number or cell.lines == [""] for cell in cells
        )
        table.add_column(Text(title), width=room, justify="right" if right else "left", header_style=TITLE)
    for row in grid.rows:
        table.add_row(*(Group(*_texts(cell, room)) for cell, room in zip(row, widths, strict=True)))
    console.print(table)


def _draw_block(console: Console, block: Block, width: int) -> None:
    if block.title:
        console.print(Text(block.title, TITLE), soft_wrap=True)
    names = max([cell_len(name) for name, _ in block.cells], default=0)
    room = width - names - GAP
    beside = max([_least(cell) for _, cell in block.cells], default=0) <= room
    for name, cell in block.cells:
        if not beside:
            for text in (Text(name, NAME), *_texts(cell, width)):
                console.print(text, soft_wrap=True)
            continue
        # Not Text(name, NAME): its style would also apply to the value.
        line = Text().append(name, NAME)
        line.append(" " * (names + GAP - cell_len(name)))
        for text in _texts(cell, room):
            console.print(line + text, soft_wrap=True)
            line = Text(" " * (names + GAP))


def _texts(cell: Cell, room: int) -> list[Text]:
    """Return the cell folded to `room`, line by line: Rich would copy the rest of the text at each line."""
    lines = cell.lines
    if not cell.whole:
        parting = "," if cell.listed else " "
        lines = [piece for line in lines for piece in folded(line, max(room, 2), parting)]
    return [Text(line, KINDS.get(cell.kind, "")) for line in lines]


def folded(line: str, room: int, parting: str = " ") -> list[str]:
    r"""Return the line in pieces of at most `room` cells.

    Words that fit are not split, nor is an escape (`\n`, `\x1b`). The blank at which a line is folded is
    dropped; all others are kept. With `,` as `parting`, the items of a list are not split.
    """
    pieces = []
    at, end = 0, len(line)
    # Only look at as much of the line as one piece needs: lines may be very long.
    while end - at > room or cell_len(line[at:]) > room:
        # More characters than cells, because combining characters take no cell.
        piece = (chop_cells(line[at : at + room * 4], room) or [line[at:]])[0]
        if at + len(piece) == end:
            break
        begin = piece.rfind("\\", max(len(piece) - 3, 1))
        size = 4 if line[at + begin + 1 : at + begin + 2] == "x" else 2
        if begin > 0 and len(piece) - begin < size:
            piece = piece[:begin]
        piece = piece[: _end_of_words(line, at, len(piece), room, parting)]
        pieces.append(piece)
        at += len(piece)
        at += line.startswith(" ", at)
    return [*pieces, line[at:]] if at < end or not pieces else pieces


def _end_of_words(line: str, at: int, size: int, room: int, parting: str) -> int:
    """Return the length of the piece that begins at `at` and must be folded after `size` characters."""
    hangs = parting == " "
    found = line.rfind(parting, at + 1, at + size + hangs)
    if found < 0:
        return size
    # A longer word does not fit on a line anyway.
    limit = min(found + room + 2, len(line))
    following = line.find(parting, found + 1, limit)
    word = (limit if following < 0 else following + (not hangs)) - found - 1
    return found + (not hangs) - at if word <= room else size


def _natural(cell: Cell) -> int:
    return max(map(cell_len, cell.lines))


def _least(cell: Cell) -> int:
    return _natural(cell) if cell.whole else min(_natural(cell), LEAST)
