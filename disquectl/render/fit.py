"""How wide the columns of a table may be: pure arithmetic, in cells of a terminal.

It knows no terminal, no text and no toolkit.
"""

from __future__ import annotations


def fit(natural: list[int], least: list[int], gap: int, width: int) -> list[int] | None:
    """The width of each column so that all fit into `width`, or None where there is no way.

    natural  what each column would take if there were room
    least    what it cannot go below
    gap      the blanks between two columns

    The widest that can still give way gives way first, so that short columns stay on one line.
    """
    room = width - gap * (len(natural) - 1)
    if sum(least) > room:
        return None
    # A column wider than the whole table would only make the loop longer.
    widths = [max(low, min(full, room)) for full, low in zip(natural, least, strict=True)]
    while sum(widths) > room:
        slack = [place for place, low in enumerate(least) if widths[place] > low]
        widths[max(slack, key=widths.__getitem__)] -= 1
    return widths
