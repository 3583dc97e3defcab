"""Markdown on a terminal, by Rich: tables break words that are too long for their column.

Loads Rich, which is slow: only import it to draw.
"""

from __future__ import annotations

from rich.markdown import Markdown, TableElement
from rich.table import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


class _Table(TableElement):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            if isinstance(part, Table):
                for column in part.columns:
                    column.overflow = "fold"  # Rich would cut off the end of an option's name
            yield part


class WholeWords(Markdown):
    """Markdown whose tables show every letter, however narrow the terminal is."""

    elements = Markdown.elements | {"table_open": _Table}
