"""What says that an answer is that of one node, and what makes --cluster the default."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import addresses, fill_each
from tests.support.terminal import on_terminal

NOTE = "of 3 nodes; --cluster asks all"


@pytest.mark.parametrize(
    "words",
    [
        ("qlen", "mail"),
        ("qlen", "mail", "sms"),
        ("qstat", "mail"),
        ("qpeek", "mail"),
        ("qscan",),
        ("qscan", "--cursor", "0"),
        ("jscan",),
        ("show", "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"),
    ],
)
def test_a_terminal_is_told_that_one_node_was_asked(cluster, words):
    fill_each(cluster, "mail", (1, 1, 1))
    seen, _ = on_terminal(*words, node=cluster[0])
    assert seen.count(f"only {cluster[0]} {NOTE}") == 1
    assert "\x1b[2mnote: only" in seen
    assert NOTE not in on_terminal(*words, "--quiet", node=cluster[0])[0]
    assert NOTE not in run_disquectl(*words, node=cluster[0]).err


def test_the_note_costs_no_round_trip(cluster):
    seen, _ = on_terminal("qlen", "mail", "--echo", node=cluster[0])
    traffic = [line for line in seen.splitlines() if " > " in line or " < " in line]
    assert "HELLO" in traffic[0]
    assert "QLEN" in traffic[1]


def test_a_lone_node_has_nothing_to_say(node):
    assert "note:" not in on_terminal("qlen", "mail", node=node)[0]


def test_show_of_an_active_replica_leads_to_trace(cluster):
    with Client(cluster[0]) as client:
        job_id = client.addjob("mail", "x", replicate=3)
    seen, _ = on_terminal("show", job_id, node=cluster[1])
    assert "this node's replica; `trace ID` shows all" in seen
    assert "this node's replica" not in on_terminal("show", job_id, node=cluster[0])[0]


def profile(tmp_path, nodes):
    path = tmp_path / "config.toml"
    path.write_text(f'[profiles.all]\nnodes = "{nodes[0]}"\ncluster = true\n')
    return ("--config", str(path), "-P", "all")


def test_a_profile_makes_cluster_the_default(cluster, tmp_path):
    fill_each(cluster, "mail", (2, 0, 1))
    given = profile(tmp_path, cluster)
    assert run_disquectl(*given, "qlen", "mail").out == "3\n"
    assert run_disquectl(*given, "qlen", "mail", "--no-cluster").out == "2\n"
    assert run_disquectl(*given, "qlen", "mail", DISQUECTL_CLUSTER="0").out == "2\n"
    assert run_disquectl(*given, "qlen", "mail", "--seeds-only").out == "2\n"
    assert run_disquectl(*given, "qlen", "mail", "--cluster", "--no-cluster").code == 2
    assert run_disquectl(*given, "qscan", "--cursor", "0").out == "mail\n"
    assert run_disquectl(*given, "pause", "mail", "in", "--bcast").out == "in\n"
    assert run_disquectl(*given, "pause", "mail", "none", "bcast").out == "none\n"
    assert run_disquectl(*given, "pause", "mail", "state").out.count("none") == 3


def test_the_environment_does_so_on_a_terminal_only(cluster):
    fill_each(cluster, "mail", (2, 0, 1))
    assert on_terminal("qlen", "mail", node=cluster[0], DISQUECTL_CLUSTER="1")[0] == "3\n"
    assert run_disquectl("qlen", "mail", node=cluster[0], DISQUECTL_CLUSTER="1").out == "2\n"
    seen, _ = on_terminal("qlen", "mail", "--no-cluster", node=cluster[0], DISQUECTL_CLUSTER="1")
    assert seen.startswith("2\n")


@pytest.mark.parametrize(
    "words", [("config", "get", "port*"), ("client", "list"), ("slowlog", "get"), ("latency", "latest")]
)
def test_servers_side_by_side(cluster, words):
    result = run_disquectl(*words, "--cluster", "-o", "json", node=cluster[0])
    assert result.code == 0
    if words[0] in ("config", "client"):
        assert sorted({record["node"] for record in result.records}) == sorted(addresses(cluster))


def test_passwords_of_all_nodes_are_hidden(cluster):
    for address in cluster:
        with Client(address) as client:
            client.call("CONFIG", "SET", "requirepass", "s3cret")
    try:
        out = run_disquectl(
            "config", "get", "requirepass", "--cluster", node=cluster[0], DISQUE_PASSWORD="s3cret"
        ).out
    finally:
        for address in cluster:
            with Client(address, password="s3cret") as client:
                client.call("CONFIG", "SET", "requirepass", "")
    assert out.count("***") == 3
    assert "s3cret" not in out


def test_monitor_goes_on_after_a_node_died(mortal):
    seeds = list(mortal.addresses)
    watching = subprocess.Popen(
        [sys.executable, "-m", "disquectl", "-n", seeds[0], "monitor", "--cluster", "-o", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    )
    try:
        _until_seen(watching, seeds)
        mortal.stop_node(2)
        assert seeds[2].encode() in watching.stderr.readline()
        _until_seen(watching, seeds[:2])
        for n in (0, 1):
            mortal.stop_node(n)
        assert watching.wait(20) == 3
    finally:
        if watching.poll() is None:
            watching.send_signal(signal.SIGKILL)
        watching.communicate()


def _until_seen(watching, wanted):
    """Ask each node for a queue until its line has come."""
    done = threading.Event()

    def ask():
        while not done.wait(0.05):
            for address in wanted:
                with Client(address) as client:
                    client.qlen("watched")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        missing = set(wanted)
        while missing:
            missing.discard(json.loads(watching.stdout.readline())["node"])
    finally:
        done.set()
        thread.join()
