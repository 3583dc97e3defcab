"""`wait`: each condition becomes true while it waits, and never while a node does not answer."""

from __future__ import annotations

import json
import signal
import time

import pytest

from disquectl import Client
from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.hanging_node import hanging
from tests.support.jobs import add, replicated, take
from tests.support.nodes import free_port
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, running
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.waiting import wait_until
from tests.support.workers import worker

HELLO = (
    b"*3\r\n:1\r\n$40\r\n" + b"a" * 40 + b"\r\n"
    b"*4\r\n$40\r\n" + b"a" * 40 + b"\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
)
UNKNOWN = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"


def waits(node, *words, timeout="60s"):
    """A wait as a running process."""
    return running("wait", *words, "--timeout", timeout, "-o", "json", node=node)


def found(process, code=0):
    """What it wrote when it ended."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code, err
    return json.loads(out)


def not_yet(node, *words):
    """What is in the way, at one look."""
    result = run_disquectl("wait", *words, "--timeout", "0", node=node)
    assert (result.code, result.out) == (4, "")
    return result.err


def looks(client, verb):
    """How often a node was asked this."""
    stats = client.info("commandstats")["commandstats"]
    return stats.get(f"cmdstat_{verb}", {"calls": 0})["calls"]


def has_looked(nodes, verb):
    """A condition: every node was asked this once more than now."""
    before = []
    for node in nodes:
        with Client(node) as client:
            before.append(looks(client, verb))

    def more():
        for node, calls in zip(nodes, before, strict=True):
            with Client(node) as client:
                if looks(client, verb) <= calls:
                    return False
        return True

    return more


# Queues


def test_a_length(cluster):
    ids = [add(cluster[n], "mail", replicate=1) for n in (0, 1, 2)]
    assert "mail has 3 queued jobs" in not_yet(cluster[0], "mail", "--length", "2")
    looked = has_looked(cluster, "qlen")
    with waits(cluster[0], "mail", "other", "--length", "2") as process:
        wait_until(looked)
        with Client(cluster[1]) as client:
            client.fastack(ids[1])
        record = found(process)
    assert list(record) == ["condition", "waited", "value"]
    assert (record["condition"], record["value"]) == ("length", 2)
    assert record["waited"] > 0


def test_empty_counts_queued_delayed_and_in_flight_jobs(cluster):
    words = ("mail", "--empty")
    queued = add(cluster[0], "mail", retry=600)
    assert "mail has 1 queued job" in not_yet(cluster[1], *words)
    assert take(cluster[2], "mail") == queued
    assert queued in not_yet(cluster[1], *words)
    delayed = add(cluster[2], "mail", delay=600)
    looked = has_looked(cluster, "show")
    with waits(cluster[1], *words) as process:
        wait_until(looked)
        result = run_disquectl("ack", queued, "--cluster", node=cluster[0])
        assert result.code == 0
        looked = has_looked(cluster, "show")
        wait_until(looked)
        assert process.poll() is None
        run_disquectl("purge", "mail", "--yes", node=cluster[0])
        record = found(process)
    assert (record["condition"], record["value"]) == ("empty", 0)
    assert delayed not in not_a_problem(cluster[1], *words)


def not_a_problem(node, *words):
    result = run_disquectl("wait", *words, "--timeout", "60s", node=node)
    assert (result.code, result.err) == (0, "")
    return result.out


def test_empty_does_not_count_acknowledged_jobs(cluster):
    not_a_problem(cluster[0], "never-used", "--empty")
    job = add(cluster[0], "mail", replicate=3)
    replicated(cluster, job)
    with Client(cluster[0]) as client:
        client.ackjob(job)
    not_a_problem(cluster[1], "mail", "--empty")


def test_empty_is_seen_twice(node, client):
    before = looks(client, "qlen")
    not_a_problem(node, "mail", "--empty")
    assert looks(client, "qlen") == before + 2
    assert "empty at the last look" in not_yet(node, "mail", "--empty")


def test_a_known_job_spares_the_scans(node, client):
    job = add(node, "mail", delay=600)
    scans = looks(client, "jscan")
    looked = has_looked([node], "show")
    with waits(node, "mail", "--empty") as process:
        wait_until(looked)
        wait_until(lambda: looks(client, "qlen") > 6)
        assert looks(client, "jscan") == scans + 1
        client.fastack(job)
        found(process)
    assert looks(client, "jscan") <= scans + 3


def test_empty_of_several_queues_with_many_jobs(cluster):
    for number in range(250):
        add(cluster[number % 3], f"q{number % 2}", delay=600, replicate=1)
    assert "100 jobs" not in not_yet(cluster[0], "q0", "q1", "q1", "--empty")
    with waits(cluster[0], "q0", "q1", "--empty") as process:
        assert run_disquectl("purge", "q0", "--yes", node=cluster[0]).code == 0
        looked = has_looked(cluster, "qlen")
        wait_until(looked)
        assert process.poll() is None
        assert run_disquectl("purge", "q1", "--yes", node=cluster[0]).code == 0
        found(process)


def test_consumers(cluster):
    assert "mail has 0 consumers" in not_yet(cluster[0], "mail", "--consumers", "1")
    with (
        waits(cluster[0], "mail", "--consumers", "2") as process,
        worker(cluster[1], "-q", "mail", "-c", "1", "--", "true"),
    ):
        # The worker is connected to all nodes, and counts once.
        wait_until(lambda: "mail has 1 consumer" in not_yet(cluster[0], "mail", "--consumers", "2"))
        assert process.poll() is None
        with running("getjob", "mail", "--timeout", "0", node=cluster[2]):
            record = found(process)
    assert (record["condition"], record["value"]) == ("consumers", 2)


# Jobs


def test_a_job_is_gone_when_no_node_knows_it(cluster):
    one, other = (add(node, "mail", delay=600, replicate=2) for node in cluster[:2])
    assert "2 jobs left" in not_yet(cluster[2], "--job", one, other)
    looked = has_looked(cluster, "show")
    with waits(cluster[2], "--job", one, "--job", other) as process:
        wait_until(looked)
        run_disquectl("deljob", one, "--cluster", node=cluster[0])
        looked = has_looked(cluster, "show")
        wait_until(looked)
        assert process.poll() is None
        run_disquectl("deljob", other, "--cluster", node=cluster[0])
        record = found(process)
    assert (record["condition"], record["value"]) == ("job", 0)


def test_a_job_that_is_unknown_at_the_start_is_4(node):
    result = run_disquectl("wait", "--job", UNKNOWN, "-o", "json", node=node)
    assert (result.code, result.records["value"]) == (4, None)
    assert f"{UNKNOWN}: no node knows it" in result.err
    assert run_disquectl("wait", "--job", UNKNOWN, "--gone-ok", node=node).code == 0


def test_a_job_whose_ttl_ends_is_1(node):
    job = add(node, "mail", ttl=2)
    result = run_disquectl("wait", "--job", job, node=node)
    assert (result.code, result.out) == (1, "")
    assert f"{job}: the TTL ended while waiting" in result.err


def test_job_ids_from_stdin(node):
    job = add(node, "mail")
    result = run_disquectl("wait", "--job", "-", "--timeout", "0", node=node, stdin=f"{job}\n".encode())
    assert (result.code, "1 job left" in result.err) == (4, True)
    wrong = run_disquectl("wait", "--job", "-", node=node, stdin=f"{job}\nnonsense\n".encode())
    assert (wrong.code, "line 2: BADID" in wrong.err) == (1, True)


# Nodes


def test_nodes(cluster):
    record = run_disquectl("wait", "--nodes", "3", "-o", "json", node=cluster[0]).records
    assert (record["condition"], record["value"]) == ("nodes", 3)
    assert run_disquectl("wait", "--ready", "-o", "json", node=cluster[1]).records["value"] == 3
    assert "3 nodes answer" in not_yet(cluster[0], "--nodes", "4")
    assert "1 node answers" in not_yet(cluster[0], "--nodes", "2", "--seeds-only")


def test_a_cluster_that_is_not_there_yet():
    port = free_port()
    address = f"127.0.0.1:{port}"
    with waits(address, "--ready", "--connect-timeout", "1s") as process:
        line = process.stderr.readline().decode()
        assert f"warning: {address}: connection refused; nothing counts as true until all nodes" in line
        with running("sandbox", "--port", str(port)):
            record = found(process)
    assert record["value"] == 1


def test_drained(cluster):
    seeds = ",".join(cluster)
    # More than a page of a scan.
    with Client(cluster[0]) as client, client.pipeline() as pipeline:
        for _ in range(2_500):
            pipeline.call("ADDJOB", "mail", "x", 5000, "REPLICATE", 3)
    replicated(cluster, pipeline.replies[-1])
    not_a_problem(cluster[1], "--drained", cluster[0])
    here = add(cluster[0], "mail", delay=600, replicate=1)
    add(cluster[1], "mail", delay=600, replicate=1)
    with Client(cluster[0]) as client:
        node_id = client.hello()["node"]
    assert f"only {cluster[0]} has job {here}" in not_yet(seeds, "--drained", node_id[:12])
    with waits(cluster[1], "--drained", cluster[0]) as process:
        looked = has_looked(cluster, "show")
        wait_until(looked)
        run_disquectl("deljob", here, node=cluster[0])
        record = found(process)
    assert (record["condition"], record["value"]) == ("drained", 0)
    wrong = run_disquectl("wait", "--drained", "127.0.0.1:1", node=cluster[0])
    assert (wrong.code, "no node of the cluster is '127.0.0.1:1'" in wrong.err) == (2, True)


# Nodes that do not answer


@pytest.mark.parametrize(
    "words",
    [
        ("mail", "--empty"),
        ("mail", "--length", "5"),
        ("mail", "--consumers", "1"),
        ("--job", UNKNOWN, "--gone-ok"),
        ("--ready",),
        ("--nodes", "1"),
    ],
)
@pytest.mark.sandbox_only("a node is stopped")
def test_nothing_is_true_while_a_node_does_not_answer(words, mortal):
    mortal.stop_node(2)
    result = run_disquectl("wait", *words, "--timeout", "300ms", node=mortal.addresses[0])
    assert (result.code, result.out) == (4, "")
    assert f"not true within 300ms: {mortal.addresses[2]}" in result.err
    assert (
        run_disquectl("wait", *words, "--timeout", "0", "--quiet", node=mortal.addresses[0]).err.count("\n")
        == 1
    )


def test_a_node_that_hangs_is_waited_for(cluster):
    with hanging(cluster[1]):
        result = run_disquectl("wait", "--ready", "--response-timeout", "200ms", node=cluster[0])
    assert (result.code, result.out.split()[0]) == (0, "ready")
    assert f"warning: {cluster[1]}" in result.err


def test_a_node_that_is_silent_does_not_delay_the_timeout(node):
    with ScriptedNode(*[[silent]] * 9) as other:
        begun = time.monotonic()
        words = ("--ready", "--timeout", "1s", "--response-timeout", "200ms")
        result = run_disquectl("wait", *words, node=f"{node},{other.address}")
        assert (result.code, other.address in result.err) == (4, True)
        assert time.monotonic() - begun < 10
        assert result.err.count("nothing counts as true") == 1


def test_a_single_look_is_not_cut_short():
    def late(conn):
        time.sleep(1.5)
        conn.sendall(HELLO)

    with ScriptedNode([late, HELLO]) as node:
        assert run_disquectl("wait", "--ready", "--timeout", "0", node=node.address).code == 0


def test_a_wrong_password_is_not_waited_for():
    with SandboxThread(password="secret") as sandbox:
        result = run_disquectl("wait", "--ready", node=sandbox.addresses[0])
    assert (result.code, result.out) == (7, "")
    assert "DISQUE_PASSWORD" in result.err


# Endings, and what is wrong


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_130(number, node):
    add(node, "mail")
    looked = has_looked([node], "qlen")
    with waits(node, "mail", "--empty") as process:
        wait_until(looked)
        # With the second look it has the reply to the first.
        wait_until(has_looked([node], "qlen"))
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (130, b"")
    assert err == b"disquectl: interrupted: mail has 1 queued job\n"


def test_formats(node):
    plain = run_disquectl("wait", "mail", "--length", "3", node=node)
    assert plain.out.split("\t")[::2] == ["length", "0\n"]
    table = run_disquectl("wait", "mail", "--length", "3", "-o", "table", node=node)
    assert table.out.split()[:3] == ["condition", "waited", "value"]
    assert run_disquectl("wait", "--ready", "--columns", "value", node=node).out == "1\n"
    done = run_in_shell('"$@" >/dev/full', "wait", "--ready", node=node)
    assert done.returncode == 9


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_has_a_record_too_where_it_did_not_become_true(form, node):
    """The exit code tells a timeout from a TTL that ended; the value is that of the last look."""
    add(node, "mail")
    for words, code, value in (
        (("mail", "--length", "0", "--timeout", "0"), 4, 1),
        (("--job", add(node, "sms", ttl=2), "--timeout", "60s"), 1, 1),
        (("--job", UNKNOWN), 4, None),
    ):
        result = run_disquectl("wait", *words, "-o", form, node=node)
        assert (result.code, list(result.records)) == (code, ["condition", "waited", "value"])
        assert result.records["value"] == value


def test_hostile_names(node):
    add(node, b"\x1b[31m\xff")
    shown = not_yet(node, b"\x1b[31m\xff", "--empty")
    assert "\\xff has 1 queued job" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((), "wait for what?"),
        (("mail",), "wait for what?"),
        (("--empty",), "--empty needs a QUEUE"),
        (("--length", "1"), "--length needs a QUEUE"),
        (("mail", "--ready"), "--ready takes no QUEUE"),
        (("mail", "--empty", "--length", "1"), "--empty and --length cannot be combined"),
        (("--ready", "--job", UNKNOWN), "cannot be combined"),
        (("mail", "--empty", "--gone-ok"), "--gone-ok goes with --job"),
        (("--nodes", "0"), "too small"),
        (("mail", "--empty", "--timeout", "soon"), "not a duration"),
        (("--ready", "--columns", "color"), "unknown column"),
    ],
)
def test_usage_errors_are_found_without_a_node(words, text):
    result = run_disquectl("wait", *words, node="127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert text in result.err


def test_a_word_that_is_not_a_job_id():
    result = run_disquectl("wait", "--job", "nonsense", node="127.0.0.1:1")
    assert (result.code, "BADID" in result.err) == (1, True)


def test_the_shell_has_it(node):
    done = run_disquectl(
        "shell", node=node, stdin=b"wait mail --empty --columns condition\nwait --ready --columns value\n"
    )
    assert (done.code, done.out) == (0, "empty\n1\n")
