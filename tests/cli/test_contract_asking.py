"""The question before what is dangerous: who is asked, what it says, and what the answer does."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.terminal import Terminal

DANGEROUS = (
    "shutdown|debug flushall|config set hz 11|config rewrite|cluster reset|cluster forget x|"
    "cluster meet 127.0.0.1 1|cluster leaving yes|client kill --id 1|client pause 1s"
)


@pytest.mark.parametrize("line", DANGEROUS.split("|"))
def test_nothing_asks_without_a_terminal(line):
    with ScriptedNode([silent]) as server:
        done = run_disquectl(*line.split(), node=server.address)
        assert (done.code, done.out) == (2, "")
        assert " needs confirmation, because it " in done.err
        assert done.err.endswith(". No terminal to ask on: pass --yes\n")
        assert server.accepted == 0


def test_no_means_no_and_the_question_names_address_and_node_id(node, tmp_path):
    with Client(node) as client:
        node_id = client.cluster_myid()
        for answer in ("n\n", "\n", "\x04", "nyes\n"):
            with (
                (tmp_path / "out").open("wb") as out,
                Terminal("debug", "flushall", node=node, columns=200, stdout=out) as terminal,
            ):
                terminal.wait_for("[y/N] ")
                assert "DEBUG FLUSHALL deletes every job and queue of the server." in terminal.seen
                assert f"Do it on {node} (node {node_id})?" in terminal.seen
                client.addjob("q", "body")
                terminal.type(answer)
                assert terminal.end() == 130
            assert client.qlen("q") > 0
            assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize("words", [["debug", "flushall"], ["exec", "Debug", "FlushAll"]])
def test_yes_means_yes_and_stdout_has_the_result_alone(words, node, tmp_path):
    with Client(node) as client, (tmp_path / "out").open("wb") as out:
        client.addjob("q", "body")
        with Terminal(*words, node=node, stdout=out) as terminal:
            terminal.wait_for("[y/N] ")
            terminal.type("Yes\n")
            assert terminal.end() == 0
        assert client.qlen("q") == 0
        assert (tmp_path / "out").read_bytes() == b"OK\n"


def test_ctrl_c_at_the_question_is_130(node):
    with Client(node) as client:
        client.addjob("q", "body")
        with Terminal("debug", "flushall", node=node) as terminal:
            terminal.wait_for("[y/N] ")
            terminal.type("\x03")
            assert terminal.end() == 130
            assert "Traceback" not in terminal.seen
        assert client.qlen("q") == 1


def test_what_names_its_jobs_never_asks_and_yes_answers(node):
    with Client(node) as client:
        job_id = client.addjob("q", "body")
    assert run_disquectl("deljob", job_id, node=node).out == "1\n"
    assert run_disquectl("cluster", "leaving", "no", node=node).out == "OK\n"
    assert run_disquectl("-y", "config", "set", "hz", "10", node=node).out == "OK\n"
    assert run_disquectl("exec", "--yes", "config", "set", "hz", "10", node=node).out == "OK\n"
