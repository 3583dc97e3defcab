"""`ping`: one answer, or many that are measured."""

from __future__ import annotations

import csv
import io
import json
import signal

import pytest

from disquectl.sandbox.thread import SandboxThread
from tests.conftest import run_disquectl
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scripted_node import ScriptedNode, refused_address, silent

MEASURED = ["times", "lost", "min", "median", "mean", "p99", "max"]
FAST = ("--every", "1ms")


def measured(node, *words, code=0):
    result = run_disquectl("ping", *words, "-o", "json", node=node)
    assert result.code == code, result
    return result.records


def is_in_order(record):
    return 0 < record["min"] <= record["median"] <= record["p99"] <= record["max"] == max(record["times"])


def test_once(node, cluster):
    assert run_disquectl("ping", node=node).out == "PONG\n"
    assert run_disquectl("ping", "hello", node=node).out == "hello\n"
    assert measured(node) == {"reply": "PONG"}
    assert [one["reply"] for one in measured(cluster[0], "--cluster")] == ["PONG"] * 3
    assert run_disquectl("ping", "--seeds-only", node=node).code == 2


def test_times(node):
    record = measured(node, "--times", "20", *FAST)
    assert list(record) == MEASURED
    assert (len(record["times"]), record["lost"]) == (20, 0)
    assert is_in_order(record)
    assert record["mean"] == pytest.approx(sum(record["times"]) / 20, abs=0.002)


def test_times_of_all_nodes(cluster):
    records = measured(cluster[1], "--times", "5", *FAST, "--cluster")
    assert [record["node"] for record in records] == sorted(cluster)
    for record in records:
        assert list(record) == ["node", *MEASURED]
        assert len(record["times"]) == 5
        assert is_in_order(record)
    (only,) = measured(cluster[1], "--times", "2", *FAST, "--cluster", "--seeds-only")
    assert only["node"] == cluster[1]


def test_every_is_kept(node):
    with running("ping", "--times", "5", "--every", "100ms", node=node) as process:
        first = process.stdout.readline()
        assert process.poll() is None
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    lines = [first, *out.splitlines(keepends=True)]
    assert [line.split(b"\t")[0].decode() for line in lines] == [node] * 5 + MEASURED[1:]
    each = [float(line.split(b"\t")[1]) for line in lines[:5]]
    assert float(lines[6].split(b"\t")[1]) == min(each)


def test_formats(node):
    words = ("ping", "--times", "3", *FAST)
    header, row = csv.reader(io.StringIO(run_disquectl(*words, "-o", "csv", node=node).out))
    assert header == MEASURED
    assert len(row[0].split(",")) == 3
    assert json.loads(run_disquectl(*words, "-o", "jsonl", node=node).out)["lost"] == 0
    assert run_disquectl(*words, "--columns", "lost", node=node).out == "0\n"
    table = run_disquectl(*words, "-o", "table", node=node).out.splitlines()
    assert [line.split()[0] for line in table] == [node] * 3 + MEASURED[1:]


def test_the_table_of_all_nodes(cluster):
    out = run_disquectl("ping", "--times", "2", *FAST, "--cluster", "-o", "table", node=cluster[0]).out
    assert out.splitlines()[6].split() == ["node", *MEASURED[1:]]


def test_the_message_is_sent(node, client):
    assert measured(node, "hello", "--times", "1")["lost"] == 0


# Losses


@pytest.mark.sandbox_only("a node is stopped")
def test_a_node_that_is_down_is_lost_and_the_others_go_on(mortal):
    mortal.stop_node(2)
    result = run_disquectl("ping", "--times", "4", *FAST, "--cluster", "-o", "json", node=mortal.addresses[0])
    assert result.code == 3
    by_node = {record["node"]: record for record in result.records}
    assert [by_node[node]["lost"] for node in mortal.addresses] == [0, 0, 4]
    assert by_node[mortal.addresses[2]]["times"] == [None] * 4
    assert by_node[mortal.addresses[2]]["max"] is None
    assert result.err.count(f"{mortal.addresses[2]}: ") == 1
    assert "4 of 12 lost" in result.err


GREETING = (
    b"*3\r\n:1\r\n$40\r\n"
    + b"a" * 40
    + b"\r\n*4\r\n$40\r\n"
    + b"a" * 40
    + b"\r\n$0\r\n\r\n$4\r\n7711\r\n$1\r\n1\r\n"
)


def test_a_node_that_comes_back_is_connected_to_again():
    """It answers, closes, and answers again on another connection."""
    pong = b"+PONG\r\n"
    connections = ([GREETING], [GREETING, pong, b""], [GREETING, pong, pong, pong])
    with ScriptedNode(*connections) as node:
        record = measured(node.address, "--times", "4", *FAST, code=3)
    assert [time is None for time in record["times"]] == [False, True, False, False]


def test_no_answer_in_time_is_lost():
    with ScriptedNode([GREETING], [GREETING, silent], [GREETING, silent]) as node:
        result = run_disquectl(
            "ping", "--times", "2", *FAST, "--response-timeout", "200ms", node=node.address
        )
    assert result.code == 6
    assert result.out.splitlines()[:2] == [f"{node.address}\tlost"] * 2
    assert "lost\t2" in result.out
    assert "no answer within 0.2s" in result.err


def test_no_node_at_all_is_5():
    result = run_disquectl("ping", "--times", "2", node=refused_address())
    assert (result.code, result.out) == (5, "")


def test_a_wrong_password_is_7():
    with SandboxThread(password="secret") as sandbox:
        assert run_disquectl("ping", "--times", "2", node=sandbox.addresses[0]).code == 7
        good = run_disquectl(
            "ping", "--times", "2", *FAST, node=sandbox.addresses[0], DISQUE_PASSWORD="secret"
        )
        assert good.code == 0


# Endings


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_the_summary(number, node):
    with running("ping", "--every", "1ms", node=node) as process:
        for _ in range(5):
            process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, err) == (130, b"")
    assert [line.split(b"\t")[0].decode() for line in out.splitlines()[-6:]] == MEASURED[1:]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_ends_it(unbuffered, node):
    done = run_into_a_closed_pipe("ping", "--every", "1ms", node=node, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_9(node):
    done = run_in_shell('"$@" >/dev/full', "ping", "--times", "2", *FAST, node=node)
    assert (done.returncode, len(done.stderr.splitlines())) == (9, 1)


@pytest.mark.parametrize(
    "words", [("--times", "0"), ("--every", "often"), ("--times", "2", "--columns", "x")]
)
def test_usage_errors(words):
    assert run_disquectl("ping", *words, node="127.0.0.1:1").code == 2


def test_the_shell_has_it(node):
    done = run_disquectl("shell", node=node, stdin=b"ping\nping --times 2 --every 1ms --columns lost\n")
    assert (done.code, done.out) == (0, "PONG\n0\n")
