"""The streams of a process: the one place that writes, and how wide the terminal is."""

from __future__ import annotations

import ast
import gc
import io
import os
from pathlib import Path
from typing import Any

import pytest

import disquectl
from disquectl.execution.streams import Closed, Streams


@pytest.mark.parametrize(
    ("columns", "width"), [("120", 120), ("0", 80), ("-5", 80), ("x", 80), ("9" * 5000, 80), ("", 80)]
)
def test_columns_is_the_width_where_it_can_be_one(columns: str, width: int, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", columns)
    assert Streams(io.BytesIO(), io.BytesIO(), io.BytesIO()).width == width


# Where the streams of the process are named, and why.
NAMED = {
    "execution/streams.py",
    "cli/help.py",  # whether stdout is a terminal
    "execution/session.py",  # getpass asks on stderr
    "shell/terminal.py",  # what prompt-toolkit draws on
}


def test_all_output_goes_through_one_place() -> None:
    root = Path(disquectl.__file__).parent
    found = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            unbuffered = isinstance(node, ast.keyword) and node.arg == "buffering"
            if named in ("sys.stdout", "sys.stderr") or called in ("print", "typer.echo") or unbuffered:
                found.add((str(path.relative_to(root)), called))
    # What Typer prints is collected, and written by `Streams.put`.
    assert found == {*((name, "") for name in NAMED), ("cli/tree.py", "typer.echo")}


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_a_stream_that_is_closed_refuses_and_leaves_nothing_behind(name: str) -> None:
    closed: Any = Closed()
    streams = Streams(closed, closed, closed)
    assert not getattr(streams, f"{name}_is_terminal")
    for act in ("fileno", "read", "read1", "readline", "write", "flush"):
        with pytest.raises(OSError, match="Bad file descriptor"):
            getattr(closed, act)()
    del closed, streams
    gc.collect()  # an exception that nobody can catch would fail this test
