"""The streams of a process: how wide the terminal is."""

from __future__ import annotations

import io
import os

import pytest

from disquectl.commands.streams import Streams


@pytest.mark.parametrize(
    ("columns", "width"), [("120", 120), ("0", 80), ("-5", 80), ("x", 80), ("9" * 5000, 80), ("", 80)]
)
def test_columns_is_the_width_where_it_can_be_one(columns: str, width: int, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", columns)
    assert Streams(io.BytesIO(), io.BytesIO(), io.BytesIO()).width == width
