"""The screens as files: `python -m tests.top.golden_screens` renews them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from disquectl.top.choice import Choice
from disquectl.top.lines import as_text
from disquectl.top.view import draw
from tests.top.samples import JOB_ID, OF_JOB, OF_QUEUE, SNAPSHOT, around

FOLDER = Path(__file__).parent / "golden"
SIZES = ((60, 20), (80, 24), (160, 50))
SCREENS = (
    (Choice(), SNAPSHOT),
    (Choice(screen="nodes"), SNAPSHOT),
    (Choice(screen="help"), SNAPSHOT),
    (Choice(screen="jobs", queue=b"mail"), OF_QUEUE),
    (Choice(screen="job", job=JOB_ID.encode()), OF_JOB),
)


def screens():
    """The name of each file and its text."""
    for width, height in SIZES:
        for choice, snapshot in SCREENS:
            lines = draw(snapshot, replace(choice), around(width, height))
            yield f"{choice.screen}-{width}x{height}.txt", as_text(lines)


if __name__ == "__main__":
    for name, text in screens():
        (FOLDER / name).write_text(text)
