"""--body-command: what a filter makes of a body, and the limits that it has."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from disquectl.execution import body_command
from disquectl.execution.body_command import MAX_BYTES, FilterFailed, filtered
from tests.support.waiting import wait_until


def running_in(group):
    """The processes of a group; without those that ended and that nobody waited for."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(path)
    return found


def test_a_large_body_goes_through_in_both_directions():
    body = os.urandom(MAX_BYTES)
    assert filtered(["cat"], body, os.environ) == body


def test_a_filter_need_not_read():
    assert filtered(["echo", "x"], b"y" * 5_000_000, os.environ) == b"x\n"


def test_it_has_only_this_environment():
    assert filtered(["/usr/bin/env"], b"", {"A": "1"}) == b"A=1\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["false"], "exit code 1"),
        (["sh", "-c", "echo oh >&2; exit 3"], "exit code 3: oh"),
        (["sh", "-c", "kill -9 $$"], "signal 9"),
        (["/nonexistent"], "cannot start it: No such file or directory"),
        (["yes"], "it writes more than 1 MB"),
    ],
)
def test_why_it_failed(words, why):
    with pytest.raises(FilterFailed) as failed:
        filtered(words, b"", os.environ)
    assert str(failed.value) == why


@pytest.mark.parametrize("command", ["sleep 100", "exec >&- 2>&-; sleep 100", "sleep 100 & echo $!"])
def test_what_takes_too_long_is_killed_with_all_that_it_started(monkeypatch, command, tmp_path):
    monkeypatch.setattr(body_command, "SECONDS", 0.3)
    pids = tmp_path / "pids"
    with pytest.raises(FilterFailed, match=r"more than 0\.3 s"):
        filtered(["sh", "-c", f"echo $$ > {pids}; {command}"], b"x" * 1_000_000, os.environ)
    group = int(pids.read_text())
    wait_until(lambda: not running_in(group))
