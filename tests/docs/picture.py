"""The pictures of the documents: real commands on a real terminal, drawn by Rich as SVG."""

from __future__ import annotations

import re
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tests.docs.terminal import Outcome, run

COLUMNS = 104
TITLE = "disquectl"

# What the README's picture shows. Each line is typed as it stands.
TOUR = [
    """disquectl addjob mail '{"to": "ada@example.org", "order": 1042}' --delay 10m --retry 1m""",
    "disquectl queues",
    "disquectl qpeek thumbnails 2",
    "disquectl getjob mail --ack -o json",
    "disquectl addjob mail hello --replicate 3",
]


def svg(commands: list[str] = TOUR, *, columns: int = COLUMNS) -> str:
    """The commands and what they printed beside a sandbox with moving queues, as an SVG document."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run(commands, Path(folder), columns=columns, color=True, demo=True)
    return draw(outcomes, columns)


def draw(outcomes: list[Outcome], columns: int) -> str:
    """The picture of a terminal that shows these commands and their output."""
    console = Console(
        record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    for outcome in outcomes:
        console.print(Text.assemble(("$ ", "green"), (outcome.command, "bold")), soft_wrap=True)
        # A terminal wraps what is too long for it, at any character.
        for line in Text.from_ansi(outcome.text.rstrip("\n")).split("\n"):
            console.print(*line.divide(range(columns, len(line), columns)), sep="\n")
        console.print()
    return document(console, "terminal")


def document(console: Console, name: str) -> str:
    """What was printed to a recording console, as SVG; `name` sets its styles apart from those of others."""
    drawn = console.export_svg(title=TITLE, theme=DIMMED_MONOKAI, unique_id=name)
    # The fonts of the one who looks: a picture in a repository loads nothing from elsewhere.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    # Some viewers cut the blanks at the beginning of a line away.
    return drawn.replace("<text ", '<text xml:space="preserve" ')


if __name__ == "__main__":
    sys.stdout.write(svg())
