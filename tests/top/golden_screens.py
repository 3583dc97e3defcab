"""The screens as files: `python -m tests.top.golden_screens` renews them."""

from __future__ import annotations

from pathlib import Path

from disquectl.top.choice import Choice
from disquectl.top.view import as_text, draw
from tests.top.samples import SNAPSHOT, around

FOLDER = Path(__file__).parent / "golden"
SIZES = ((60, 20), (80, 24), (160, 50))
SCREENS = ("queues", "nodes", "help")


def screens():
    """The name of each file and its text."""
    for width, height in SIZES:
        for screen in SCREENS:
            lines = draw(SNAPSHOT, Choice(screen=screen), around(width, height))
            yield f"{screen}-{width}x{height}.txt", as_text(lines)


if __name__ == "__main__":
    for name, text in screens():
        (FOLDER / name).write_text(text)
