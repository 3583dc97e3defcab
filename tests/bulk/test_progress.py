"""The line on the terminal."""

import io
from types import SimpleNamespace

import pytest

from disquectl.bulk.progress import FIRST_SECONDS, INTERVAL_SECONDS, Progress, text
from disquectl.execution.streams import Streams
from disquectl.render.ansi import CLEAR_LINE

CLEAR = CLEAR_LINE.encode()


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((0, 0, 0.0, None), "0 jobs  -/s"),
        ((1500, 0, 1.5, None), "1,500 jobs  1,000/s"),
        ((1000, 2, 10.0, 0.25), "[######..................] 25%  1,000 jobs  100/s  0:30 left  2 refused"),
        ((10, 0, 3600.0, 0.5), "[############............] 50%  10 jobs  0/s  1:00:00 left"),
        ((10, 0, 1.0, 1.0), "[########################] 100%  10 jobs  10/s  0:00 left"),
        ((0, 0, 1.0, 0.0), "[........................] 0%  0 jobs  0/s"),
    ],
)
def test_it_says_how_far_how_fast_and_how_long_still(arguments, shown):
    assert text(*arguments) == shown


class Screen(io.BytesIO):
    """A terminal; `drawn` takes what was written to it since it was last asked."""

    def isatty(self):
        return True

    def drawn(self):
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data


@pytest.fixture
def clock(monkeypatch):
    """What time it is, in a list."""
    now = [100.0]
    monkeypatch.setattr("disquectl.bulk.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_it_is_drawn_now_and_then_and_makes_way(clock):
    screen = Screen()
    progress = Progress(Streams(io.BytesIO(), io.BytesIO(), screen), True)
    progress.update(1, 0, None)
    progress.clear()
    assert screen.drawn() == b""
    clock[0] += FIRST_SECONDS
    progress.update(3, 0, None)
    assert screen.drawn() == CLEAR + b"3 jobs  10/s"
    progress.update(4, 0, None)
    assert screen.drawn() == b""
    clock[0] += INTERVAL_SECONDS
    progress.update(5, 0, None)
    assert screen.drawn().startswith(CLEAR + b"5 jobs")
    progress.clear()
    progress.clear()
    assert screen.drawn() == CLEAR


def test_it_is_not_drawn_off_a_terminal_or_unasked(clock):
    for screen, wanted in ((io.BytesIO(), True), (Screen(), False)):
        progress = Progress(Streams(io.BytesIO(), io.BytesIO(), screen), wanted)
        clock[0] += 10
        progress.update(1, 0, None)
        progress.clear()
        assert screen.getvalue() == b""
