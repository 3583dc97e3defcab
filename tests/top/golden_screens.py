"""The screens as files: `python -m tests.top.golden_screens` renews them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from disquectl.top.choice import Choice
from disquectl.top.lines import as_text
from disquectl.top.view import draw
from tests.top.samples import JOB_ID, OF_DEAD, OF_JOB, OF_QUEUE, SNAPSHOT, around

FOLDER = Path(__file__).parent / "golden"
SIZES = ((60, 20), (80, 24), (160, 50))


def _opened(screen, snapshot):
    """The second row of the list of this screen, opened."""
    choice = Choice()
    choice.go({"letter": "dead", "problem": "problems"}[screen])
    choice.cursor = choice.names(snapshot)[1]
    choice.go(screen)
    return choice


SCREENS = (
    (Choice(), SNAPSHOT),
    (Choice(screen="nodes"), SNAPSHOT),
    (Choice(screen="help"), SNAPSHOT),
    (Choice(screen="jobs", queue=b"mail", sort="age"), OF_QUEUE),
    (Choice(screen="job", job=JOB_ID.encode()), OF_JOB),
    (Choice(screen="dead", sort="failed"), OF_DEAD),
    (_opened("letter", OF_DEAD), OF_DEAD),
    (Choice(screen="problems"), SNAPSHOT),
    (_opened("problem", SNAPSHOT), SNAPSHOT),
)


def screens():
    """The name of each file and its text."""
    for width, height in SIZES:
        for choice, snapshot in SCREENS:
            lines = draw(snapshot, replace(choice, top=0), around(width, height))
            yield f"{choice.screen}-{width}x{height}.txt", as_text(lines)


if __name__ == "__main__":
    for name, text in screens():
        (FOLDER / name).write_text(text)
