"""Texts of several lines on the screen: folding, bodies, and the part that is shown. Pure."""

from __future__ import annotations

from disquectl.render.body import in_form
from disquectl.render.escape import for_terminal
from disquectl.spec.body_options import AUTO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.top.choice import Choice
    from disquectl.top.lines import Line

# Lines that are laid out.
MOST_LINES = 2_000


def folded(text: str, width: int, style: str = "") -> list[Line]:
    """The text in lines of at most this many characters, two columns from the left."""
    width = max(width - 4, 10)
    pieces = [text[at : at + width] for at in range(0, len(text), width)] or [""]
    return [[(style, f"  {piece}")] for piece in pieces]


def wrapped(text: str, width: int, style: str = "") -> list[Line]:
    """The text in lines of whole words."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > max(width - 4, 10):
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [piece for part in [*lines, line] for piece in folded(part, width, style)]


def body_lines(body: bytes, width: int) -> list[Line]:
    """A body: with an item a line if it is JSON."""
    shown = in_form(body, AUTO)
    text = shown if isinstance(shown, str) else for_terminal(shown)
    lines: list[Line] = []
    for part in text.split("\n")[:MOST_LINES]:
        lines += folded(for_terminal(part), width)
    return lines[:MOST_LINES]


def part_of(lines: list[Line], choice: Choice, room: int) -> list[Line]:
    """The lines that are on the screen."""
    return [lines[at] for at in choice.scroll_text(len(lines), room)]
