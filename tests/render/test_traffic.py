"""MONITOR's lines for people: pasteable, in colour, and no wider than the terminal."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from disquectl.render.human import time_of_day
from disquectl.render.traffic import TrafficWriter, pasteable
from disquectl.spec.quoting import split


def written(*args, width=80, color=False, client="127.0.0.1:5", at=1795311496.891411):
    out = io.BytesIO()
    writer = TrafficWriter(out, lambda: width, color)
    writer.write({"time": at, "client": client, "args": list(args)})
    writer.finish()
    return out.getvalue().decode()


@pytest.fixture
def far_east(monkeypatch):
    monkeypatch.setenv("TZ", "XXX-05:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_the_time_of_day_is_local():
    assert time_of_day(1795311496.891411) == "07:08:16.891"
    assert time_of_day(float("inf")) == "inf"


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=4))
def test_words_can_be_pasted(words):
    line = " ".join(map(pasteable, words))
    assert split(line.encode()) == words


def test_only_what_needs_quotes_has_them():
    line = written(b"ADDJOB", b"mail", b'{"to": 1}\n', b"", b"\xff\x1b", width=200)
    assert line.partition("127.0.0.1:5 ")[2] == 'ADDJOB mail "{\\"to\\": 1}\\n" "" "\\xff\\x1b"\n'


@pytest.mark.parametrize("width", [1, 20, 60, 80])
@pytest.mark.parametrize(
    "body", [b"x" * 5_000_000, "\u65e5".encode() * 90, b"\xff" * 300, "e\u0301".encode() * 500]
)
def test_a_line_is_cut_to_the_width(width, body):
    line = written(b"ADDJOB", b"q", body, b"0", width=width).removesuffix("\n")
    assert width - 2 <= cell_len(line) <= width
    assert line.endswith("\u2026")


def test_the_command_is_in_colour_and_nothing_that_came_from_a_client():
    line = written(b"qlen", b"\x1b[31m", color=True)
    assert "\x1b[36mqlen\x1b[0m " in line
    assert line.count("\x1b") == 2
    assert written(b"qlen", width=30, color=True).count("\x1b") == 2


def test_clients_are_aligned():
    out = io.BytesIO()
    writer = TrafficWriter(out, lambda: 80, False)
    for client in ("127.0.0.1:50000", "127.0.0.1:5"):
        writer.write({"time": 0.0, "client": client, "args": [b"PING"]})
    first, second = out.getvalue().decode().splitlines()
    assert first.index("PING") == second.index("PING")
