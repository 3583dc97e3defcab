"""What a person sees of a worker on a terminal: a summary below the lines, which is gone at the end."""

from __future__ import annotations

import json

from disquectl import Client
from tests.support.terminal import Terminal


def test_a_live_summary_below_the_lines(node, tmp_path):
    go = tmp_path / "go"
    with Client(node) as client:
        client.addjob("q", "bad")
        client.addjob("q", "good")
    script = f"read body; test $body = good || exit 9; until test -e {go}; do sleep 0.01; done"
    args = ("work", "-q", "q", "--", "sh", "-c", script)
    with Terminal(*args, node=node, columns=100) as terminal:
        terminal.wait_for("1 running, 1 held, 0 done, 1 failed, 0 dead")
        lines = terminal.screen()
        assert "failed q D-" in lines[0]
        assert "exit 9" in lines[0]
        assert lines[-1].startswith("1 running, 1 held, ")
        go.touch()
        terminal.wait_for("0 running, 1 held, 1 done, 1 failed, 0 dead")
        terminal.type("\x03")
        terminal.wait_for("taking no more jobs")
        assert terminal.end() == 0
        lines = terminal.screen()
    assert not [line for line in lines if "running, " in line]
    assert "1 done, 1 failed, 0 dead, 1 left in " in lines[-1]


def test_what_a_queue_is_called_and_says_never_reaches_the_terminal_as_it_is(node):
    with Client(node) as client:
        client.addjob(b"q\x1b]0;gone\x07", "x")
    script = r"printf '\033[2Jhello\n' >&2"
    args = ("work", "-q", "q\x1b]0;gone\x07", "--burst", "--", "sh", "-c", script)
    with Terminal(*args, node=node, columns=100) as terminal:
        assert terminal.end() == 0
        assert "\x1b]0" not in terminal.seen
        assert "\x1b[2J" not in terminal.seen
        assert "hello" in terminal.seen


def test_json_on_a_terminal_has_no_summary(node):
    with Client(node) as client:
        client.addjob("q", "x")
    args = ("work", "-q", "q", "--burst", "--log", "json", "--", "true")
    with Terminal(*args, node=node, columns=100) as terminal:
        assert terminal.end() == 0
        events = [json.loads(line)["event"] for line in terminal.seen.splitlines()]
    assert events == ["done", "totals"]
