"""`queues`: sums over nodes, states of jobs, pauses that differ, and the options."""

from __future__ import annotations

import json
import threading
import time

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add, replicated, take
from tests.support.queue_names import NAMES
from tests.support.waiting import wait_until

KEYS = [
    "queue",
    "queued",
    "delayed",
    "in_flight",
    "acked",
    "oldest_age",
    "jobs_in",
    "jobs_out",
    "rate_in",
    "rate_out",
    "blocked",
    "pause",
    "nodes",
]


def queues(node, *words):
    """`disquectl queues` as records by queue."""
    result = run_disquectl("queues", *words, "-o", "json", node=node)
    assert result.code == 0, result
    return {record.get("queue"): record for record in json.loads(result.raw)}


def test_a_queue_is_one_row_with_every_key(cluster):
    for node in cluster:
        add(node, "mail", replicate=1)
    add(cluster[0], "mail", delay=60, replicate=3)
    (found,) = queues(cluster[1]).values()
    assert list(found) == KEYS
    assert (found["queued"], found["delayed"], found["in_flight"], found["acked"]) == (3, 1, 0, 0)
    assert (found["jobs_in"], found["jobs_out"], found["blocked"], found["pause"]) == (3, 0, 0, "none")
    assert 0 <= found["oldest_age"] < 30
    assert found["rate_in"] is None
    assert sorted(found["nodes"]) == sorted(cluster)


def test_a_queue_of_delayed_or_delivered_jobs_alone_is_there(cluster):
    add(cluster[0], "later", delay=60, replicate=1)
    job_id = add(cluster[1], "taken", retry=60, replicate=3)
    assert take(cluster[1], "taken") == job_id
    found = queues(cluster[2])
    assert (found["later"]["queued"], found["later"]["delayed"]) == (0, 1)
    assert found["later"]["nodes"] == [cluster[0]]
    assert (found["taken"]["queued"], found["taken"]["in_flight"]) == (0, 1)
    assert found["taken"]["oldest_age"] is None


def test_a_job_with_three_copies_counts_once(cluster):
    for number in range(5):
        add(cluster[number % 3], "mail", replicate=3)
    assert queues(cluster[0])["mail"]["queued"] == 5


def test_nodes_that_disagree_on_pause(cluster):
    add(cluster[0], "mail", replicate=1)
    with Client(cluster[1]) as client:
        client.pause("mail", "in")
    found = queues(cluster[2])["mail"]
    assert found["pause"] == {cluster[0]: "none", cluster[1]: "in", cluster[2]: "none"}
    plain = run_disquectl("queues", "--columns", "pause", node=cluster[0]).out
    assert f"{cluster[1]}=in" in plain
    assert run_disquectl("pause", "mail", "all", "--cluster", node=cluster[0]).code == 0
    assert queues(cluster[2])["mail"]["pause"] == "all"


@pytest.mark.sandbox_only("a real node is not ours to stop")
def test_acknowledged_jobs_that_a_missing_node_holds_up(mortal):
    nodes = mortal.addresses
    job_id = add(nodes[0], "mail", replicate=3)
    replicated(nodes, job_id)
    mortal.stop_node(2)
    with Client(nodes[0]) as client:
        client.ackjob(job_id)
    result = run_disquectl("queues", "-o", "json", node=nodes[0])
    assert result.code == 3
    assert nodes[2] in result.err
    (found,) = json.loads(result.raw)
    assert (found["acked"], found["queued"], found["in_flight"]) == (1, 0, 0)


def test_names_of_any_bytes(cluster):
    for name in NAMES:
        add(cluster[0], name, replicate=1)
    result = run_disquectl("queues", "--names", "-o", "jsonl", node=cluster[1])
    assert len(result.raw.splitlines()) == len(NAMES)
    lines = run_disquectl("queues", "--names", node=cluster[1]).out.splitlines()
    assert len(lines) == len(NAMES)
    assert {"[/x]", "new\\nline", "\\xff\\x00", "with space", ""} <= set(lines)
    assert run_disquectl("queues", "--names", "-o", "table", node=cluster[0]).code == 0


def test_patterns(cluster):
    for name in ("mail", "mail.eu", "[x]", "other"):
        add(cluster[0], name, replicate=1)
    assert set(queues(cluster[1], "mail")) == {"mail"}
    assert set(queues(cluster[1], "mail*")) == {"mail", "mail.eu"}
    assert set(queues(cluster[1], "*.*")) == {"mail.eu"}
    assert set(queues(cluster[1], "[[]x]")) == {"[x]"}
    assert queues(cluster[1], "nothing") == {}


def test_order_length_and_limit(cluster):
    for name, count in (("a", 1), ("b", 3), ("c", 2)):
        for _ in range(count):
            add(cluster[0], name, replicate=1)
    node = cluster[1]
    assert list(queues(node)) == ["a", "b", "c"]
    assert list(queues(node, "--sort", "queued")) == ["b", "c", "a"]
    assert list(queues(node, "--sort", "queued", "--reverse", "--limit", "1")) == ["a"]
    assert list(queues(node, "--min-length", "2")) == ["b", "c"]
    assert run_disquectl("queues", "--sort", "size", node="127.0.0.1:1").code == 2
    assert run_disquectl("queues", "--interval", "0", node="127.0.0.1:1").code == 2


def test_rates(cluster):
    add(cluster[0], "mail", replicate=1)
    found = queues(cluster[0], "mail", "--interval", "100ms")["mail"]
    assert (found["rate_in"], found["rate_out"]) == (0, 0)


def test_an_estimate_says_what_it_does_not_know(cluster):
    add(cluster[0], "mail", replicate=1)
    add(cluster[1], "mail", replicate=1)
    add(cluster[1], "later", delay=60, replicate=1)
    result = run_disquectl("queues", "--estimate", "-o", "json", node=cluster[2])
    (found,) = json.loads(result.raw)
    assert (found["queue"], found["queued"], found["delayed"], found["in_flight"]) == ("mail", 2, None, None)
    assert "estimate" in result.err


def test_blocked_consumers_are_added_up(cluster):
    def wait(node):
        with Client(node) as client:
            client.getjob("mail", timeout_ms=3_000)

    waiting = [threading.Thread(target=wait, args=(node,)) for node in cluster[:2]]
    for thread in waiting:
        thread.start()
    try:
        wait_until(lambda: queues(cluster[2]).get("mail", {}).get("blocked") == 2)
    finally:
        for thread in waiting:
            thread.join()


def test_no_queues(cluster):
    assert queues(cluster[0]) == {}
    assert run_disquectl("queues", node=cluster[0]).out == ""
    result = run_disquectl("queues", "-o", "table", node=cluster[0])
    assert (result.code, result.out, result.err) == (0, "", "no queues\n")
    assert run_disquectl("queues", "-o", "table", "--quiet", node=cluster[0]).err == ""


@pytest.mark.parametrize("width", ["80", "200"])
def test_tables_fit(cluster, width):
    add(cluster[0], "[red]mail[/x]\x1b[31m", replicate=3)
    result = run_disquectl("queues", "-o", "table", node=cluster[0], COLUMNS=width)
    assert "[red]mail[/x]" in result.out
    assert "\x1b" not in result.out
    assert all(len(line) <= int(width) for line in result.out.splitlines())
    assert any(line.startswith("queue ") for line in result.out.splitlines())


@pytest.mark.parametrize("output", ["plain", "csv", "tsv", "jsonl", "raw"])
def test_every_format(cluster, output):
    add(cluster[0], "mail", replicate=3)
    result = run_disquectl("queues", "-o", output, node=cluster[0])
    assert result.code == 0
    assert len(result.out.splitlines()) == {"csv": 2, "tsv": 2}.get(output, 1)


def test_age_is_that_of_the_oldest_queued_job(cluster):
    first = add(cluster[0], "mail", replicate=1)
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 1.1)
    second = time.monotonic()
    add(cluster[1], "mail", replicate=1)
    assert queues(cluster[2])["mail"]["oldest_age"] >= 1
    with Client(cluster[0]) as client:
        client.deljob(first)
    assert queues(cluster[2])["mail"]["oldest_age"] <= time.monotonic() - second


def test_qscan_of_all_nodes_names_the_nodes_that_have_a_queue(cluster):
    add(cluster[0], "everywhere", replicate=1)
    add(cluster[1], "everywhere", replicate=1)
    add(cluster[1], "here", replicate=1)
    result = run_disquectl("qscan", "--cluster", "-o", "json", node=cluster[2])
    found = {record["queue"]: record for record in json.loads(result.raw)}
    assert found["everywhere"]["holders"] == sorted(cluster[:2])
    assert found["everywhere"]["node"] in cluster[:2]
    assert (found["here"]["node"], found["here"]["holders"]) == (cluster[1], [cluster[1]])
    table = run_disquectl("qscan", "--cluster", "-o", "table", node=cluster[2]).out.splitlines()
    assert table[0].split() == ["queue", "holders"]
    assert table[-1] == "2 rows"
    alone = run_disquectl("qscan", "-o", "jsonl", node=cluster[1])
    assert {tuple(json.loads(line)) for line in alone.out.splitlines()} == {("queue",)}


@pytest.mark.parametrize("words", [("qscan",), ("qscan", "--cluster"), ("qscan", "--cursor", "0")])
def test_an_empty_scan_says_so(cluster, words):
    result = run_disquectl(*words, "-o", "table", node=cluster[0])
    assert (result.code, result.out) == (0, "")
    assert "no queues" in result.err.splitlines()
