"""The lines of MONITOR for people on a terminal: one line each, as wide as the terminal at most.

Words are quoted where that is needed to paste them into redis-cli or the shell. Loaded only for a terminal.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from disquectl.render.ansi import CYAN, RESET
from disquectl.render.escape import for_terminal, quote
from disquectl.render.human import time_of_day
from disquectl.render.stream import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from disquectl.spec.shape import Record

# Words of other characters are quoted.
BARE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+/:=@,%")
ELLIPSIS = "\u2026"
# A line is not made longer than this before it is cut: a body may have megabytes.
CHARACTERS_PER_CELL = 8
# Clients are aligned up to this width, that of the longest address of IPv4.
MOST_ALIGNED = 21


class TrafficWriter(Writer):
    """Writes time of day, client and words of each record. `width` is asked for each line."""

    __slots__ = ("_aligned", "_color", "_width")

    def __init__(self, out: BinaryIO, width: Callable[[], int], color: bool) -> None:
        super().__init__(out)
        self._width = width
        self._color = color
        self._aligned = 0

    def write(self, record: Record) -> None:
        client = for_terminal(str(record["client"]))
        self._aligned = max(self._aligned, min(len(client), MOST_ALIGNED))
        head = f"{time_of_day(float(record['time']))} {client:{self._aligned}} "  # type: ignore[arg-type]
        words: list[bytes] = record["args"]  # type: ignore[assignment]  # of monitor_line
        width = self._width()
        line, end = head, len(head)
        for place, word in enumerate(words):
            limit = width * CHARACTERS_PER_CELL
            line += pasteable(word[:limit]) + (" " if len(word) <= limit else ELLIPSIS)
            if not place:
                end = len(line) - 1
            if len(word) > limit or len(line) > limit:
                break
        line = cut(line.rstrip(" "), width)
        if self._color:
            line = f"{line[: len(head)]}{CYAN}{line[len(head) : end]}{RESET}{line[end:]}"
        self._put(f"{line}\n".encode())


def pasteable(word: bytes) -> str:
    """The word as one types it: as it is, or in double quotes as redis-cli writes them."""
    return word.decode("ascii") if word and BARE.issuperset(word) else quote(word)


def cut(line: str, width: int) -> str:
    """The line, cut to this many cells; U+2026 stands for what is missing."""
    if cell_len(line) <= width:
        return line
    return set_cell_size(line, width - 1).rstrip(" ") + ELLIPSIS if width > 1 else ELLIPSIS[:width]
