"""Draws the parts of a table for a terminal of a given width; the one module of this room that loads Rich.

A grid fits the terminal: numbers and IDs stay whole, other cells fold. Where even that leaves no room, each
row becomes a block of `name  value` lines; where names and values do not fit side by side they stand one
above the other; and a line runs over only where the terminal is narrower than one ID.

Text comes here escaped. Rich says how many cells it takes; its tables would take half a millisecond a row.
Import this module only to draw.
"""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from disquectl.render.fit import fit
from disquectl.render.parts import Block, Cell, Grid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Colours that read well on dark and on light.
TITLE, NAME, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
KINDS = {"id": "\x1b[36m"}

GAP = 2
RULE = "─"
# Text is not folded narrower than this.
LEAST = 12


def draw(parts: Sequence[Grid | Block], width: int, color: bool) -> str:
    """The parts as lines, a blank line between two of them. Without `color` no escape sequence is in it."""
    drawn = []
    for part in parts:
        lines = _block(part, width, color) if isinstance(part, Block) else _grid(part, width, color)
        drawn.append("".join(line.rstrip(" ") + "\n" for line in lines))
    return "\n".join(drawn)


def _grid(grid: Grid, width: int, color: bool) -> Iterator[str]:
    titles = [name.replace("_", " ") if grid.titled else "" for name in grid.names]
    columns = [[row[place] for row in grid.rows] for place in range(len(titles))]
    natural = []
    least = []
    for title, cells in zip(titles, columns, strict=True):
        natural.append(max([cell_len(title), *map(_natural, cells)]))
        least.append(max([*map(cell_len, title.split()), *map(_least, cells)], default=0))
    widths = fit(natural, least, GAP, width)
    if widths is None:
        for number, row in enumerate(grid.rows):
            if number:
                yield ""
            yield from _block(Block("", list(zip(grid.names, row, strict=True))), width, color)
        return
    rights = list(map(_stands_right, columns))
    if grid.titled:
        heads = [folded(title, max(room, 2)) for title, room in zip(titles, widths, strict=True)]
        height = max(map(len, heads), default=0)
        heads = [[""] * (height - len(head)) + head for head in heads]
        yield from _side_by_side(heads, widths, rights, [TITLE if color else ""] * len(heads))
        yield RULE * (sum(widths) + GAP * (len(widths) - 1))
    for row in grid.rows:
        pieces = [_pieces(cell, room) for cell, room in zip(row, widths, strict=True)]
        yield from _side_by_side(pieces, widths, rights, [_style(cell, color) for cell in row])


def _stands_right(cells: list[Cell]) -> bool:
    """Whether a column is one of numbers. A nil among them is no reason to put them elsewhere."""
    return any(cell.number for cell in cells) and all(cell.number or cell.lines == [""] for cell in cells)


def _side_by_side(
    columns: list[list[str]], widths: list[int], rights: list[bool], styles: list[str]
) -> Iterator[str]:
    """The lines of cells that were folded to these widths."""
    for number in range(max(map(len, columns), default=0)):
        line = []
        for pieces, room, right, style in zip(columns, widths, rights, styles, strict=True):
            piece = pieces[number] if number < len(pieces) else ""
            blanks = " " * (room - cell_len(piece))
            shown = _styled(piece, style)
            line.append(blanks + shown if right else shown + blanks)
        yield (" " * GAP).join(line)


def _block(block: Block, width: int, color: bool) -> Iterator[str]:
    if block.title:
        yield _styled(block.title, TITLE if color else "")
    names = max([cell_len(name) for name, _ in block.cells], default=0)
    room = width - names - GAP
    beside = max([_least(cell) for _, cell in block.cells], default=0) <= room
    for name, cell in block.cells:
        shown = _styled(name, NAME if color else "")
        pieces = [_styled(piece, _style(cell, color)) for piece in _pieces(cell, room if beside else width)]
        if not beside:
            yield from (shown, *pieces)
            continue
        margin = shown + " " * (names + GAP - cell_len(name))
        for piece in pieces:
            yield margin + piece
            margin = " " * (names + GAP)


def _pieces(cell: Cell, room: int) -> list[str]:
    """The cell folded to `room`."""
    if cell.whole:
        return cell.lines
    parting = "," if cell.listed else " "
    return [piece for line in cell.lines for piece in folded(line, max(room, 2), parting)]


def _style(cell: Cell, color: bool) -> str:
    return KINDS.get(cell.kind, "") if color else ""


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{PLAIN}" if style and text else text


def folded(line: str, room: int, parting: str = " ") -> list[str]:
    r"""The line in pieces of at most `room` cells.

    Words stay whole where they fit, and so does an escape (`\n`, `\x1b`). The blank at which a line is folded
    hangs over its end, where nobody sees it; all others are part of what is shown. With a `parting` of `,` it
    is the items of a list that stay whole.
    """
    pieces = []
    while len(line) > room or cell_len(line) > room:
        # Marks that take no cell are the only reason to look at more characters than there are cells.
        piece = (chop_cells(line[: room * 4], room) or [line])[0]
        if piece == line:
            break
        begin = piece.rfind("\\", max(len(piece) - 3, 1))
        size = 4 if line[begin + 1 : begin + 2] == "x" else 2
        if begin > 0 and len(piece) - begin < size:
            piece = piece[:begin]
        piece = piece[: _end_of_words(line, len(piece), room, parting)]
        pieces.append(piece)
        line = line[len(piece) :].removeprefix(" ")
    return [*pieces, line] if line or not pieces else pieces


def _end_of_words(line: str, end: int, room: int, parting: str) -> int:
    """Where to fold a line that must be folded at `end` at the latest."""
    hangs = parting == " "
    found = line.rfind(parting, 1, end + hangs)
    following = line.find(parting, found + 1)
    word = (len(line) if following < 0 else following + (not hangs)) - found - 1
    return found + (not hangs) if found > 0 and word <= room else end


def _natural(cell: Cell) -> int:
    return max(map(cell_len, cell.lines))


def _least(cell: Cell) -> int:
    return _natural(cell) if cell.whole else min(_natural(cell), LEAST)
