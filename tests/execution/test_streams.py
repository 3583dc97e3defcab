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
from disquectl.execution.streams import Closed, Streams, wrapped
from tests.conftest import run_disquectl
from tests.support.terminal import on_terminal


@pytest.mark.parametrize(
    ("columns", "width"), [("120", 120), ("0", 80), ("-5", 80), ("x", 80), ("9" * 5000, 80), ("", 80)]
)
def test_columns_is_the_width_where_it_can_be_one(columns: str, width: int, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", columns)
    assert Streams(io.BytesIO(), io.BytesIO(), io.BytesIO()).width == width


# Where the streams of the process are named, and why.
NAMED = {
    "execution/streams.py",
    "bulk/dump_file.py",  # a file of its own, whose writes `complete` makes whole
    "cli/help.py",  # whether stdout is a terminal
    "execution/session.py",  # getpass asks on stderr
    "functions/forks.py",  # the output of functions of users, which is theirs
    "functions/process.py",  # likewise
    "shell/terminal.py",  # what prompt-toolkit draws on
    "top/live.py",  # likewise
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


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_terminal_gets_messages_wrapped_at_words(columns: int) -> None:
    seen, code = on_terminal("queues", node="127.0.0.1:1", columns=columns)
    assert code == 5
    lines = seen.splitlines()
    assert " ".join(lines) == (
        "disquectl: 127.0.0.1:1: connection refused (Is a Disque running there? "
        "Name one by --node or DISQUE_NODES.)"
    )
    assert len(lines) > 1
    assert all(len(line) <= columns for line in lines)


def test_what_is_no_terminal_gets_a_message_as_one_line() -> None:
    done = run_disquectl("queues", node="127.0.0.1:1", COLUMNS="40")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("127.0.0.1:7711/a-b: left", ["127.0.0.1:7711/a-b:", "left"]),
        ("one two three\n  mail: 12 queued", ["one two", "three", "  mail: 12", "queued"]),
        ("tab\tand  blanks stay", ["tab\tand", "blanks stay"]),
    ],
)
def test_lines_are_wrapped_between_words_alone(text: str, lines: list[str]) -> None:
    assert wrapped(text, 12).split("\n") == lines
