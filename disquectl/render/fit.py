"""Column widths, and text cut or wrapped to a width in terminal cells. Pure; without Rich for ASCII text."""

from __future__ import annotations

ELLIPSIS = "\u2026"


def cells(text: str) -> int:
    """Return how many columns of a terminal the text takes; wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, width: int) -> str:
    r"""Return the text in at most `width` cells; a longer one ends with an ellipsis, and never in an escape.

    >>> cut("abcdef", 4) == "abc" + ELLIPSIS
    True
    """
    # No character that is shown takes less than a cell, except combining ones: look only at what may fit.
    if len(text) <= width * 4 and cells(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS
    if text[:width].isascii():
        head = text[: width - 1]
    else:
        from rich.cells import chop_cells

        head = (chop_cells(text[: width * 4], width - 1) or [""])[0]
    begin = head.rfind("\\", max(len(head) - 3, 0))
    if begin >= 0 and text[begin : begin + 2] == "\\x" and len(head) - begin < 4:
        head = head[:begin]
    elif head.endswith("\\"):
        head = head[:-1]
    return head + ELLIPSIS


def cut_list(text: str, width: int) -> str:
    """Return a list joined by `,` in at most `width` cells; a longer one ends after a whole item if one fits.

    >>> cut_list("aa,bb,cc", 7) == "aa,bb," + ELLIPSIS
    True
    """
    found = cut(text, width)
    if found == text:
        return text
    end = found.rfind(",") + 1
    return found[:end] + ELLIPSIS if end else found


def wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines of at most `width` cells, folded between words; a longer word is a line."""
    lines: list[str] = []
    for word in text.split():
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fit_widths(natural: list[int], least: list[int], gap: int, width: int) -> list[int] | None:
    """Return the width of each column so that all fit into `width`, or None if that is impossible.

    natural  the width of each column with enough room
    least    the smallest width of each
    gap      the blanks between two columns

    The widest column that can shrink shrinks first, so that short columns stay on one line.
    """
    room = width - gap * (len(natural) - 1)
    if sum(least) > room:
        return None
    # A column wider than the table would only make the loop longer.
    widths = [max(low, min(full, room)) for full, low in zip(natural, least, strict=True)]
    while sum(widths) > room:
        shrinkable = [i for i, low in enumerate(least) if widths[i] > low]
        widths[max(shrinkable, key=widths.__getitem__)] -= 1
    return widths


def columns_that_fit(least: list[int], order: list[int], gap: int, width: int) -> list[int]:
    """Return the columns that fit into `width`, sorted by place; the first of `order` always does.

    least  the smallest width of each column
    order  the columns by importance; one that does not fit is left out, and a narrower one may follow
    """
    found: list[int] = []
    used = 0
    for place in order:
        needed = least[place] + (gap if found else 0)
        if not found or used + needed <= width:
            found.append(place)
            used += needed
    return sorted(found)
