"""A page as people read it on a terminal. Only here is Rich's Markdown loaded, which takes its time."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.markdown import Markdown

# Longer lines are hard to read.
WIDEST = 100


def drawn(text: str, width: int, color: bool) -> str:
    """The Markdown drawn in so many columns; without `color` no escape sequence is in it."""
    out = StringIO()
    console = Console(
        file=out,
        width=min(width, WIDEST),
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    console.print(Markdown(text, hyperlinks=False))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))
