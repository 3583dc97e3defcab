"""The view: golden screens, any size, no live control characters, the last line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.render.escape import UNSAFE
from disquectl.render.fit import cells
from disquectl.top.choice import Choice
from disquectl.top.keys import KEYS
from disquectl.top.lines import as_text
from disquectl.top.model import EMPTY, Snapshot
from disquectl.top.sparkline import ASCII, sparkline
from disquectl.top.view import draw
from tests.top.golden_screens import FOLDER, SCREENS, screens
from tests.top.samples import HOSTILE, ROWS, SNAPSHOT, around, row


@pytest.mark.parametrize(("name", "text"), list(screens()), ids=lambda value: value[:20].strip())
def test_the_golden_screens(name, text):
    assert text == (FOLDER / name).read_text()


@given(st.integers(10, 400), st.integers(6, 100), st.sampled_from(SCREENS))
def test_every_screen_fits_its_size(width, height, screen):
    choice, snapshot = screen
    lines = draw(snapshot, replace(choice), around(width, height))
    assert len(lines) == height
    assert all(sum(cells(text) for _, text in line) <= width for line in lines)


@given(st.binary(max_size=40))
def test_names_of_any_bytes_are_safe(name):
    choice = Choice(message="", filter="")
    lines = draw(Snapshot(100.0, SNAPSHOT.total, (row(name),)), choice, around(80, 24))
    shown = "".join(text for line in lines for _, text in line)
    assert not any(ord(char) in UNSAFE for char in shown)
    assert "\n" not in shown
    assert choice.cursor == name


def test_before_the_first_sample():
    text = as_text(draw(EMPTY, Choice(), around(80, 24)))
    assert "connecting ..." in text
    assert "no queues" in text


def test_trouble_is_said_in_words_and_by_a_style():
    lines = draw(SNAPSHOT, Choice(), around(80, 24))
    line = next(line for line in lines if any("thumbnails" in text for _, text in line))
    assert line[0] == ("error cursor", "! ")
    assert ("error cursor", " no consumer+1") in line
    assert ("error", "  1 of 2 nodes up") in lines[0]


def test_the_row_of_the_cursor_and_the_marks():
    choice = Choice(cursor=b"mail", marked={HOSTILE})
    lines = draw(SNAPSHOT, choice, around(80, 24))
    marked = [line for line in lines if line and line[0][1] == "* "]
    assert len(marked) == 1
    assert sum(any("cursor" in style for style, _ in line) for line in lines) == 1


def test_the_filter_stands_beside_the_title_and_a_filter_without_rows_is_said():
    assert "queue /th" in as_text(draw(SNAPSHOT, Choice(filter="th"), around(80, 24)))
    assert "no queue passes the filter" in as_text(draw(SNAPSHOT, Choice(filter="zzz"), around(80, 24)))


@pytest.mark.parametrize("asking", ["filter", "command", "move", "pause"])
def test_the_last_line_asks(asking):
    last = draw(SNAPSHOT, Choice(asking=asking, text="abc\x1b"), around(80, 24))[-1]
    assert "abc\\x1b" in as_text([last])


def test_figures_that_are_old_show_their_age():
    old = Snapshot(130.0, SNAPSHOT.total, ROWS[:1], SNAPSHOT.nodes)
    assert "30s ago" in as_text(draw(old, Choice(), around(80, 24)))


def test_without_blocks_it_is_ascii():
    assert as_text(
        draw(Snapshot(100.0, SNAPSHOT.total, ROWS[:2]), Choice(), around(160, 24, blocks=False))
    ).isascii()


def test_sparklines():
    assert sparkline([0, 1, 4, 8], 6, ASCII) == "  _.*#".replace("*", ASCII[4])
    assert sparkline([None, 0, 0.001, 1000], 4, ASCII) == " _.#"
    assert sparkline([1, 2, 3], 2, ASCII)[-1] == "#"
    assert sparkline([], 3) == "   "
    assert sparkline([1], 0) == ""


def test_the_help_has_every_key():
    text = as_text(draw(SNAPSHOT, Choice(screen="help"), around(120, 60)))
    for key in KEYS:
        assert f"  {key.shown:<10}{key.meaning}\n" in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_question_is_whole_at_any_width(width):
    line = "deljob " + " ".join(f"D-{number:038d}" for number in range(10)) + " --cluster"
    choice = Choice(asking="confirm", of="delete 10 jobs", to_confirm=line)
    last = as_text(draw(SNAPSHOT, choice, around(width, 24))).splitlines()[-1]
    assert last.startswith("delete 10 jobs (deljob D-0")
    assert last.endswith(")? [y/N]")


def test_before_the_first_examination():
    snapshot = replace(SNAPSHOT, examined=None)
    assert "  problems" not in as_text(draw(snapshot, Choice(), around(160, 24))[:5])
    assert "examining" in as_text(draw(snapshot, Choice(screen="problems"), around(80, 24)))
