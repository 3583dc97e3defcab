"""What people asked about Disque itself, and states that made other tools stumble."""

from __future__ import annotations

import json

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.scripted_node import ScriptedNode

UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def test_missing_fields_and_nils_are_no_trouble(node):
    """A fresh node, a node that nobody told its address, fields that an older server does not have."""
    for output in ("table", "json"):
        assert run_disquectl("qstat", "none", "-o", output, node=node).code == 4
        assert run_disquectl("show", UNKNOWN, "-o", output, node=node).code == 4
        for args in (
            ["hello"],
            ["cluster", "nodes"],
            ["latency", "latest"],
            ["slowlog", "get"],
            ["client", "getname"],
        ):
            assert run_disquectl(*args, "-o", output, node=node).code == 0
    short = b"*4\r\n$4\r\nname\r\n$1\r\nq\r\n$3\r\nlen\r\n$-1\r\n"
    info = b"$26\r\n# Server\r\nuptime_in_days:\r\n\r\n"
    shown = b"*6\r\n$2\r\nid\r\n$1\r\nx\r\n$5\r\nqueue\r\n$-1\r\n$4\r\nbody\r\n$-1\r\n"
    hello = b"*2\r\n:1\r\n$1\r\na\r\n"
    for args, replies in (
        (["qstat", "q"], [short]),
        (["info"], [hello, info]),
        (["show", UNKNOWN], [shown]),
        (["hello"], [b"*3\r\n:1\r\n$0\r\n\r\n*4\r\n$0\r\n\r\n$0\r\n\r\n$1\r\n0\r\n$1\r\n1\r\n"]),
    ):
        for output in ("table", "json"):
            with ScriptedNode(replies) as server:
                done = run_disquectl(*args, "-o", output, node=server.address)
            assert (done.code, done.err) == (0, ""), (args, output)


def test_an_error_tells_the_servers_reason_and_what_to_do(disquectl):
    disquectl("pause", "q", "in")
    done = disquectl("addjob", "q", "b")
    assert done.err.startswith("disquectl: PAUSED Queue paused in input, try later (")
    assert "resume it with `disquectl pause q none`" in done.err
    assert "BADID Invalid Job ID format. (a job ID has 40 characters" in disquectl("ack", "x").err
    disquectl("addjob", "m", "b")
    assert "MAXLEN Queue is already longer" in disquectl("addjob", "m", "b", "--maxlen", "1").err


def test_a_length_is_that_of_one_node(cluster):
    """QLEN counts what is queued on the node that was asked."""
    first, second, _ = cluster
    with Client(first) as client:
        client.addjob("per-node", "b", replicate=3)
    assert run_disquectl("qlen", "per-node", node=first).out == "1\n"
    assert run_disquectl("qlen", "per-node", node=second).out == "0\n"


def test_a_delayed_job_is_seen_before_it_is_due(disquectl):
    job_id = disquectl("addjob", "q", "b", "--delay", "1h").out.strip()
    assert disquectl("qlen", "q").out == "0\n"
    assert disquectl("jscan", "--queue", "q", "--state", "active").out == f"{job_id}\n"
    shown = json.loads(disquectl("show", job_id, "-o", "json").out)
    assert (shown["state"], shown["delay"]) == ("active", 3600)
    assert 3_500_000 < shown["next_awake_within"] <= 3_600_000


def test_a_delayed_job_is_cancelled_at_every_node(cluster):
    job_id = run_disquectl("addjob", "q", "b", "--delay", "1h", node=cluster[0]).out.strip()
    assert run_disquectl("deljob", "--cluster", job_id, node=cluster[1]).out == "1\n"
    assert [run_disquectl("show", job_id, node=node).code for node in cluster] == [4, 4, 4]
    assert run_disquectl("jobs", "q", node=cluster[2]).out == ""


def test_deljob_deletes_on_one_node_alone(cluster):
    """The copies elsewhere bring the job back; ack is what ends it everywhere."""
    first, *others = cluster
    with Client(first) as client:
        job_id = client.addjob("kept", "b", replicate=3)
    assert run_disquectl("deljob", job_id, node=first).out == "1\n"
    assert run_disquectl("show", job_id, node=first).code == 4
    for other in others:
        assert run_disquectl("show", job_id, node=other, DISQUECTL_OUTPUT="json").code == 0
    assert "Replicas on other nodes stay" in run_disquectl("deljob", "--help").out
    run_disquectl("ack", job_id, node=others[0])


def test_norepl_says_how_many_nodes_answer(cluster):
    done = run_disquectl("addjob", "q", "b", "--replicate", "4", node=cluster[0])
    assert (done.code, done.out) == (1, "")
    assert "NOREPL Not enough reachable nodes for the requested replication level" in done.err
    assert "3 of 3 known nodes answered HELLO; lower --replicate" in done.err


@pytest.mark.sandbox_only("stops a node")
def test_a_dead_node_does_not_hang_the_client_and_is_counted():
    with SandboxThread(nodes=3) as sandbox:
        sandbox.stop_node(2)
        done = run_disquectl(
            "addjob", "q", "b", "--replicate", "3", "--timeout", "300ms", node=sandbox.addresses[0]
        )
        assert done.code in (1, 8)
        assert "NOREPL" in done.err
        assert "2 of 3 known nodes answered HELLO" in done.err
        assert (done.code == 8) == ("Timeout reached" in done.err)
        assert run_disquectl("hello", "-o", "json", node=sandbox.addresses[0]).code == 0


def test_at_most_once_with_copies_is_refused_with_the_reason(cluster):
    done = run_disquectl("addjob", "q", "b", "--retry", "0", node=cluster[0])
    assert (done.code, done.out) == (1, "")
    assert "explicitly set  REPLICATE to 1" in done.err
    done = run_disquectl("addjob", "q", "b", "--retry", "0", "--replicate", "1", node=cluster[0])
    assert done.code == 0
    run_disquectl("deljob", done.out.strip(), node=cluster[0])
