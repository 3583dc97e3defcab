"""The bar at the bottom of the shell: only shows what is currently known of this node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disquectl import Client
from disquectl.config.file import load
from disquectl.config.settings import resolve
from disquectl.execution.streams import process_streams
from disquectl.sandbox.thread import SandboxThread
from disquectl.shell.actions import run_builtin
from disquectl.shell.bar import bar
from disquectl.shell.options import ShellOptions
from disquectl.shell.refresh import Refresher
from disquectl.shell.state import Shell
from tests.support.emulated_terminal import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOWN = "127.0.0.1:1"


@pytest.fixture
def shell(cluster: list[str]) -> Iterator[Shell]:
    settings = resolve({"node": (",".join(cluster),)}, {})
    one = Shell(settings, process_streams(), ShellOptions(load(None, {})), run_builtin, interactive=False)
    yield one
    one.close()


def line(shell: Shell) -> str:
    return "".join(text for _, text in bar(shell, "", False, 200)).splitlines()[-1]


def look(shell: Shell) -> None:
    """One round of the refresher."""
    refresher = Refresher(shell)
    refresher.changed = refresher.stop
    refresher._run()


def test_the_id_is_that_of_the_address(shell: Shell, cluster: list[str]) -> None:
    ids = {}
    for node in cluster:
        with Client(node) as client:
            ids[node] = client.hello()["node"][:8]
    look(shell)
    assert f"{cluster[0]} · node {ids[cluster[0]]}, 3 of 3 nodes up" in line(shell)
    shell.connect(resolve({"node": (cluster[1],)}, {}))
    assert line(shell).startswith(f" {cluster[1]} · connected")
    look(shell)
    assert f"{cluster[1]} · node {ids[cluster[1]]}, 3 of 3 nodes up" in line(shell)


def test_the_id_of_the_old_node_does_not_stay_after_a_failover(shell: Shell, cluster: list[str]) -> None:
    look(shell)
    shell.session.client.connect()
    shell.settings.nodes = shell.settings.nodes[1:]
    shell.session.__exit__()
    shell.session._client = None
    shell.session.client.connect()
    assert line(shell).startswith(f" {cluster[1]} · connected")


def test_no_cluster_is_shown_without_an_answer(shell: Shell) -> None:
    look(shell)
    shell.settings.nodes = resolve({"node": (DOWN,)}, {}).nodes
    look(shell)
    assert "not connected" in line(shell)
    assert "nodes up" not in line(shell)


def test_connecting_elsewhere_drops_the_old_names(shell: Shell, node: str) -> None:
    with Client(node) as client:
        client.addjob("here", "x")
    look(shell)
    assert not shell.names.queues.find("here")
    shell.connect(resolve({"node": (node,)}, {}))
    assert not shell.names.nodes
    look(shell)
    assert shell.names.queues.find("here") == ["here"]


def test_a_change_of_node_is_reported(tmp_path: Path) -> None:
    with SandboxThread(nodes=3) as sandbox:
        first, second, third = sandbox.addresses
        seeds = ",".join([DOWN, *sandbox.addresses])
        with Person("-n", seeds, "shell", home=str(tmp_path)) as someone:
            someone.until(f"{DOWN}>")
            someone.run("PING", f"now on {first}\n{first}>")
            someone.until("connected")
            someone.run("PING", lambda text: text.count("PONG") == 2)
            sandbox.stop_node(0)
            text = someone.run("QLEN q", f"now on {second}\n{second}>")
            assert text.count("now on") == 2
            someone.run(f"connect {third}", f"connected to {third}\n{third}>")
            assert "now on" not in someone.run("QLEN r", f"\n0\n{third}>").partition("connect ")[2]
