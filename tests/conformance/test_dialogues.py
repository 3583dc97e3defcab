"""The sandbox answers as Disque 1.0-rc1 did when the dialogues were recorded; so does a Disque that is given.

`DISQUECTL_TEST_NODES` (host:port, by commas) names real nodes: one plays the dialogues of a lone node, three
those of a cluster, four (the lone one first) all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from disquectl.sandbox.thread import SandboxThread

from .player import Dialogue, Player, load

HERE = Path(__file__).parent
DIALOGUES = [load(path) for path in sorted(HERE.glob("*.jsonl"))]

REAL_NODES = [node for node in os.environ.get("DISQUECTL_TEST_NODES", "").split(",") if node]
# Accidents of the real parser; the append only file, which the sandbox has not.
NOT_PLAYED = frozenset({"quirk", "aof"})
# What stops a server is played with the sandbox alone: others may use the real nodes.
STOPS_A_SERVER = frozenset({"destructive"})


def names(dialogue: Dialogue) -> str:
    return dialogue.path.stem


def skip_what_is_not_played(dialogue: Dialogue, tags: frozenset[str]) -> None:
    if unplayed := dialogue.tags & tags:
        pytest.skip(f"not played: {', '.join(sorted(unplayed))}")


def split_address(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=names)
def test_the_sandbox_answers_as_disque_did(dialogue: Dialogue) -> None:
    skip_what_is_not_played(dialogue, NOT_PLAYED)
    with SandboxThread(nodes=dialogue.nodes) as sandbox:
        Player([split_address(address) for address in sandbox.addresses]).play(dialogue)


@pytest.mark.skipif(not REAL_NODES, reason="DISQUECTL_TEST_NODES names no Disque")
@pytest.mark.parametrize("dialogue", DIALOGUES, ids=names)
def test_a_real_disque_still_answers_so(dialogue: Dialogue) -> None:
    skip_what_is_not_played(dialogue, NOT_PLAYED | STOPS_A_SERVER)
    nodes = REAL_NODES
    if len(nodes) == 4:
        nodes = nodes[:1] if dialogue.nodes == 1 else nodes[1:]
    if dialogue.nodes != len(nodes):
        pytest.skip(f"needs {dialogue.nodes} node(s)")
    Player([split_address(node) for node in nodes]).play(dialogue)
