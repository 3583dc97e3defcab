"""The progress line of a long run on the terminal: jobs done, rate, and time left.

`text` is pure. The line is written to stderr, redrawn a few times a second, and cleared for messages.
"""

from __future__ import annotations

import time

from disquectl.render.ansi import CLEAR_LINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.streams import Streams

# A run that is shorter shows nothing.
FIRST_SECONDS = 0.3
INTERVAL_SECONDS = 0.1
BAR_CELLS = 24


def text(done: int, refused: int, seconds: float, share: float | None) -> str:
    """`[####....] 45%  1,234 jobs  567/s  0:12 left  2 refused`; `share` of the input, None: unknown."""
    parts = [f"{done:,} jobs", f"{done / seconds:,.0f}/s" if seconds else "-/s"]
    if share is not None:
        cells = int(share * BAR_CELLS)
        parts.insert(0, f"[{'#' * cells}{'.' * (BAR_CELLS - cells)}] {share:.0%}")
        if share:
            left = int(seconds / share - seconds)
            hours, minutes = divmod(left // 60, 60)
            clock = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
            parts.append(f"{clock} left")
    if refused:
        parts.append(f"{refused:,} refused")
    return "  ".join(parts)


class Progress:
    """Draws the line if stderr is a terminal."""

    def __init__(self, streams: Streams, wanted: bool) -> None:
        self._streams = streams
        self._wanted = wanted and streams.stderr_is_terminal
        self._start = time.monotonic()
        self._next = self._start + FIRST_SECONDS
        self._drawn = False

    def update(self, done: int, refused: int, share: float | None) -> None:
        """Redraw the line, if INTERVAL_SECONDS have passed."""
        if not self._wanted:
            return
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + INTERVAL_SECONDS
        self._write(CLEAR_LINE + text(done, refused, now - self._start, share))
        self._drawn = True

    def clear(self) -> None:
        """Clear the line, for a message or at the end."""
        if self._drawn:
            self._write(CLEAR_LINE)
            self._drawn = False

    def _write(self, line: str) -> None:
        try:
            self._streams.stderr.write(line.encode())
            self._streams.stderr.flush()
        except (OSError, ValueError):
            self._wanted = False
