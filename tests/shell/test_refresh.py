"""The live names that the shell fetches in the background."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from disquectl import Client
from disquectl.config.file import load
from disquectl.config.settings import resolve
from disquectl.execution.streams import process_streams
from disquectl.shell import refresh
from disquectl.shell.actions import run_builtin
from disquectl.shell.options import ShellOptions
from disquectl.shell.state import Shell

if TYPE_CHECKING:
    import pytest


def test_lengths_are_fetched_with_the_names(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "MAX_LENGTHS", 2)
    monkeypatch.setattr(refresh, "LENGTHS_AT_ONCE", 1)
    with Client(node) as client:
        for queue in ("a", "b", "b", "c"):
            client.addjob(queue, "x")
    shell = Shell(
        resolve({"node": (node,)}, {}), process_streams(), ShellOptions(None), run_builtin, interactive=False
    )
    refresher = refresh.Refresher(shell)
    refresher.changed = refresher.stop
    refresher._run()
    shell.close()
    assert shell.names.lengths == {"a": 1, "b": 2}
    assert shell.names.queues.find("c") == ["c"]


def test_no_more_names_are_fetched_than_can_be_searched_quickly(
    node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MAX_NAMES", 50)
    monkeypatch.setattr(refresh, "PAGE", b"10")
    with Client(node) as client, client.pipeline() as pipe:
        for number in range(300):
            pipe.call("ADDJOB", f"q{number}", "x", 0)
    settings = resolve({"node": (node,)}, {})
    shell = Shell(settings, process_streams(), ShellOptions(load(None, {})), run_builtin, interactive=False)
    refresher = refresh.Refresher(shell)
    refresher.start()
    try:
        deadline = time.monotonic() + 20
        while not len(shell.names.queues):
            assert time.monotonic() < deadline, shell.names.problem
            time.sleep(0.01)
        assert 50 <= len(shell.names.queues) < 300
    finally:
        refresher.stop()
        shell.close()
