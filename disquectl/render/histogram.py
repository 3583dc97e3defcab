"""A histogram of latencies as lines of text. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_BAR = 40
_BESIDE_THE_BAR = 32


def histogram(ranges: Sequence[tuple[float, float, int]], width: int) -> str:
    """Ranges in ms with their counts as lines, with bars in proportion; "" for none.

    0.2 - 0.5 ms  ###########  61.4 %
    """
    total = sum(count for _, _, count in ranges)
    if not total:
        return ""
    most = max(count for _, _, count in ranges)
    cells = max(min(width - _BESIDE_THE_BAR, _LONGEST_BAR), 1)
    names = [(f"{low:g}", f"{high:g}") for low, high, _ in ranges]
    low_width = max(len(low) for low, _ in names)
    high_width = max(len(high) for _, high in names)
    lines = []
    for (low, high), (_, _, count) in zip(names, ranges, strict=True):
        bar = "#" * max(round(count / most * cells), bool(count))
        share = f"{count * 100 / total:5.1f} %"
        lines.append(f"  {low:>{low_width}} - {high:>{high_width}} ms  {bar:<{cells}}  {share}\n")
    return "".join(lines)
