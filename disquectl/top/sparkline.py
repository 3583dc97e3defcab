"""A row of numbers as a row of characters, the highest as the largest. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=+*%#"


def sparkline(values: Sequence[float | None], width: int, marks: str = BLOCKS) -> str:
    """The last `width` values, padded to the left; the lowest mark is zero. A blank for None.

    More values than fit are not summed up: each character is one value.
    """
    shown = values[-width:] if width > 0 else []
    most = max((value for value in shown if value is not None), default=0.0)
    text = "".join(" " if value is None else _mark(value, most, marks) for value in shown)
    return text.rjust(width)


def _mark(value: float, most: float, marks: str) -> str:
    if value <= 0 or most <= 0:
        return marks[0]
    # Anything above zero differs from zero.
    return marks[max(min(int(value / most * len(marks)), len(marks) - 1), 1)]
