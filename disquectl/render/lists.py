"""Lists: tables with one line for each record, whatever the width of the terminal.

A list shows the columns that fit, by the ranks of its shape, and names the others in a line below. Columns
without any value come last. Long text ends with an ellipsis; IDs, words and numbers are never cut. A line is
longer than the terminal only if the first column, or the columns that were chosen, cannot be narrower.

Drawn without Rich, which takes longer to load than most lists to draw.
"""

from __future__ import annotations

from disquectl.render.ansi import RESET
from disquectl.render.escape import for_terminal
from disquectl.render.fit import cells, columns_that_fit, cut, cut_list, fit_widths, wrapped
from disquectl.render.flatten import as_bytes
from disquectl.render.human import show, since
from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from disquectl.render.theme import Palette
    from disquectl.spec.shape import Kind, Level, Record, Shape, Value

GAP = 2
# Text is not cut to fewer cells than this; bodies and the column of the first rank not to fewer than that.
LEAST, LEAST_FIRST = 16, 24
# A stream is drawn by the widths of its first rows.
FIRST_ROWS = 1_000
# More of a text is not prepared: a terminal does not show it.
LONGEST = 4_000
# The kinds of text that may be cut.
_CUT = ("text", "body", "iso")


class _Column:
    """A column of a list: its values as safe text, and what is known about their widths."""

    __slots__ = ("kind", "least", "levels", "listed", "name", "natural", "right", "title", "used", "width")

    def __init__(self, name: str, shape: Shape, least: int) -> None:
        self.name = name
        self.kind: Kind | str = shape.kinds.get(name, "text")
        self.levels = shape.levels.get(name, {})
        self.title = for_terminal(name.replace("_", " "))
        self.right = self.listed = False
        self.used = False
        self.least = least
        self.natural = self.width = 0

    def measure(self, values: Iterable[Value], now_ms: int | None, titled: bool) -> None:
        """Set the widths by these values."""
        widest, whole = 0, self.kind not in _CUT
        for value in values:
            if value is None:
                continue
            self.used = True
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self.right = whole = True
            self.listed = self.listed or isinstance(value, list)
            widest = max(widest, cells(self.text(value, now_ms)))
        low = widest if whole else min(widest, self.least)
        words = self.title.split() if titled else []
        self.least = max([low, *map(cells, words)])
        self.natural = max(widest, cells(self.title)) if titled else max(widest, 1)

    def text(self, value: Value, now_ms: int | None) -> str:
        """Return the value on one line, escaped, and for people."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return show(value, self.kind, now_ms)
        if self.kind == "iso" and now_ms is not None and isinstance(value, str):
            return for_terminal(since(value, now_ms))
        if isinstance(value, (bytes, str)) and self.kind in _CUT:
            value = value[:LONGEST]
        return for_terminal(as_bytes(value))

    def placed(self, text: str, palette: Palette) -> str:
        """Return the text cut and padded to the width, and coloured."""
        if self.kind in _CUT and not self.right:
            text = cut_list(text, self.width) if self.listed else cut(text, self.width)
        style = palette.get("id" if self.kind == "id" else self._level(text) or "", "") if palette else ""
        return self.padded(text, style)

    def padded(self, text: str, style: str) -> str:
        """Return the text, which fits, in this style and padded to the width."""
        pad = " " * (self.width - cells(text))
        text = f"{style}{text}{RESET}" if style and text else text
        return pad + text if self.right else text + pad

    def _level(self, text: str) -> Level | None:
        """How bad the worst word of the text is."""
        if not self.levels:
            return None
        found = {self.levels.get(word.strip()) for word in text.split(",")}
        return "error" if "error" in found else "warning" if "warning" in found else None


class ListWriter(Writer):
    """Keeps the records and draws them in `finish`; of a stream with a `flush` in between only the first."""

    def __init__(
        self,
        out: BinaryIO,
        shape: Shape,
        *,
        header: bool,
        width: int,
        palette: Palette,
        now_ms: int | None,
        chosen: bool,
    ) -> None:
        super().__init__(out)
        self._shape = shape
        self._header = header
        self._width = width
        self._palette = palette
        self._now_ms = now_ms
        self._chosen = chosen
        self._kept: list[Record] = []
        self._shown: list[_Column] = []
        self._hidden: list[str] = []
        self._count = 0

    def write(self, record: Record) -> None:
        self._count += 1
        if self._shown:
            self._put(self._row(record).encode())
        else:
            self._kept.append(record)

    def flush(self) -> None:
        """Draw what is kept, if that is enough to choose the columns; later rows are drawn as they come."""
        if len(self._kept) >= FIRST_ROWS:
            self._draw_kept()
        super().flush()

    def finish(self) -> None:
        """Draw the rest, and the line below; nothing at all if there are no records."""
        if self._kept:
            self._draw_kept()
        if self._count and self._header:
            self._put(self._footer().encode())
        super().flush()

    def _draw_kept(self) -> None:
        kept, self._kept = self._kept, []
        self._choose(kept)
        if self._header:
            self._put(self._titles().encode())
        for record in kept:
            self._put(self._row(record).encode())

    def _choose(self, records: list[Record]) -> None:
        """Choose the columns and their widths by these records."""
        fields = self._shape.fields or tuple(records[0])
        ranks = self._shape.ranks or fields
        columns = [
            _Column(
                name,
                self._shape,
                LEAST_FIRST if name == ranks[0] or self._shape.kinds.get(name) == "body" else LEAST,
            )
            for name in fields
        ]
        for column in columns:
            column.measure((record.get(column.name) for record in records), self._now_ms, self._header)
        least = [column.least for column in columns]
        places = {name: place for place, name in enumerate(fields)}
        order = [places[name] for name in ranks if name in places]
        order.sort(key=lambda place: not columns[place].used)
        fitting = list(range(len(columns)))
        if not self._chosen:
            fitting = columns_that_fit(least, order, GAP, self._width)
        self._hidden = [fields[place] for place in order if place not in fitting]
        self._shown = [columns[place] for place in fitting]
        widths = fit_widths(
            [column.natural for column in self._shown],
            [column.least for column in self._shown],
            GAP,
            self._width,
        )
        for column, width in zip(
            self._shown, widths or [column.least for column in self._shown], strict=True
        ):
            column.width = width

    def _titles(self) -> str:
        """The header: long titles take several lines, and end on the last."""
        folded = [wrapped(column.title, column.width) for column in self._shown]
        height = max(map(len, folded))
        style = self._palette.get("title", "")
        lines = []
        for number in range(height):
            parts = []
            for column, title in zip(self._shown, folded, strict=True):
                place = number - height + len(title)
                text = title[place] if place >= 0 else ""
                parts.append(column.padded(text, style))
            lines.append((" " * GAP).join(parts).rstrip(" "))
        rule = sum(column.width for column in self._shown) + GAP * (len(self._shown) - 1)
        return "\n".join([*lines, "\u2500" * rule, ""])

    def _row(self, record: Record) -> str:
        parts = [
            column.placed(column.text(record.get(column.name), self._now_ms), self._palette)
            for column in self._shown
        ]
        return (" " * GAP).join(parts).rstrip(" ") + "\n"

    def _footer(self) -> str:
        text = "1 row" if self._count == 1 else f"{self._count} rows"
        if self._hidden:
            text += f"; not shown: {', '.join(self._hidden)} (--columns selects columns)"
        style = self._palette.get("footer", "")
        reset = RESET if style else ""
        return "".join(f"{style}{line}{reset}\n" for line in wrapped(text, self._width))
