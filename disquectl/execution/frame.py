"""Draws lines at the top of a terminal again and again, without flicker."""

from __future__ import annotations

import io
import shutil

from disquectl.execution.streams import write_whole
from disquectl.render.ansi import DIM, RESET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

ESCAPE = "\x1b"
CLEAR, HOME, REST_OF_LINE, BELOW = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"
# Without them, a line that is too long would go on in the next one.
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"


class Captured(io.BytesIO):
    """Keeps output; `isatty` is that of the terminal that it will be drawn on, if there is one."""

    def __init__(self, terminal: BinaryIO | None) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal is not None and self._terminal.isatty()

    def fileno(self) -> int:
        return super().fileno() if self._terminal is None else self._terminal.fileno()


class Frame:
    """The lines that the terminal shows; those that do not fit are counted in the last one."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._lines: list[str] = []
        self._is_clear = False

    def show(self, lines: list[str]) -> None:
        """Draw these lines instead. Raises as write_whole."""
        self._lines = lines
        height = max(shutil.get_terminal_size().lines - 1, 1)
        if len(lines) > height:
            more = f"... {len(lines) - height + 1} more lines"
            lines = [*lines[: height - 1], f"{DIM}{more}{RESET}"]
        # Each line is erased before it is written: after it, a line as wide as the screen would lose its end.
        body = "".join(f"{REST_OF_LINE}{line}{RESET if ESCAPE in line else ''}\r\n" for line in lines)
        # In one write, so that the terminal never shows a part of it.
        start = HOME if self._is_clear else CLEAR + HOME
        self._is_clear = True
        write_whole(self._terminal, f"{NO_WRAP}{start}{body}{BELOW}{WRAP}".encode(), "result")

    def again(self) -> None:
        """Draw the same lines on a screen that may show anything."""
        self._is_clear = False
        self.show(self._lines)
