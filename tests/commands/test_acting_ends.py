"""purge and requeue alike: what they print, how they end, and what happens to jobs added meanwhile."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
import time

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.acting import acted, add_delayed, both, ids
from tests.support.jobs import add, jobs
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scanned_nodes import ScannedNode, scanned
from tests.support.terminal import on_terminal
from tests.support.waiting import wait_until


@pytest.fixture
def delayed(cluster):
    return add_delayed(cluster)


# Formats


@both
@pytest.mark.parametrize("output", ["table", "plain", "json", "jsonl", "csv", "tsv", "raw"])
def test_every_format(name, output, cluster, delayed):
    other = add(cluster[0], b"\xff\n\t[/x]", delay=600)
    result = run_disquectl(name, "--all-queues", "--yes", "-o", output, node=cluster[0])
    assert result.code == 0
    assert result.err == f"{name}: 4 jobs matched, 4 done\n"
    everything = {*delayed, other}
    if output == "json":
        assert ids(result.records["jobs"]) == everything
        assert {one.get("queue_base64") for one in result.records["jobs"]} == {None, "/woJWy94XQ=="}
        assert set(result.records) == {"jobs", "summary"}
    elif output == "jsonl":
        *records, last = map(json.loads, result.out.splitlines())
        assert ids(records) == everything
        assert last["summary"]["done"] == 4
    elif output == "csv":
        header, *rows = csv.reader(io.StringIO(result.out))
        assert (header, {row[0] for row in rows}) == (["id", "queue"], everything)
    elif output == "table":
        assert result.out == ""
    else:
        rows = result.out.splitlines()[output == "tsv" :]
        assert {row.split("\t")[0] for row in rows} == everything


@both
def test_columns(name, cluster, delayed):
    result = run_disquectl(name, "mail", "--yes", "--columns", "id", node=cluster[0])
    assert sorted(result.out.split()) == sorted(delayed)


# How they end


@both
def test_a_full_disk_is_9_and_says_what_was_done(name, cluster, delayed):
    done = run_in_shell('"$@" >/dev/full', name, "mail", "--yes", node=cluster[0])
    assert done.returncode == 9
    assert "No space left on device; 3 jobs matched, 3 done" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@both
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_gone_ends_it_with_what_was_done(name, unbuffered, cluster):
    with Client(cluster[0]) as client, client.pipeline() as pipeline:
        for _ in range(3_000):
            pipeline.call("ADDJOB", "mail", "x", 0, "REPLICATE", 1, "DELAY", 600)
    done = run_into_a_closed_pipe(name, "mail", "--yes", node=cluster[0], PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 3
    text = done.stderr.decode()
    assert "done" in text
    count = int(text.split(" jobs matched")[0].rpartition(" ")[2].replace(",", ""))
    assert count < 3_000
    left = [one for one in jobs(cluster[0]).values() if one["state"] == "delayed"]
    assert len(left) == 3_000 - count
    done = run_into_a_closed_pipe(name, "mail", "--dry-run", node=cluster[0])
    assert (done.returncode, done.stderr) == (0, b"")


@both
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_what_was_done(name, number, cluster):
    for _ in range(50):
        add(cluster[0], "mail", delay=600, replicate=1)
    with running(name, "mail", "--yes", "--rate", "10/s", "-o", "jsonl", node=cluster[0]) as process:
        first = os.read(process.stdout.fileno(), 65536)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    *records, last = [json.loads(line) for line in (first + out).splitlines()]
    assert len(records) == last["summary"]["done"] < 50
    assert f"{name}: {last['summary']['done']} job".encode() in err
    assert b"Traceback" not in err
    states = [record["state"] for record in jobs(cluster[0]).values()]
    assert states.count("delayed") == 50 - len(records)


def test_a_signal_while_whole_queues_are_deleted_leaves_no_deletion_unreported(cluster):
    for node in cluster[:2]:
        with Client(node) as client, client.pipeline() as pipeline:
            for _ in range(20_000):
                pipeline.call("ADDJOB", "mail", "x", 0, "REPLICATE", 1)
    with running("purge", "mail", "--yes", "-o", "jsonl", node=cluster[0]) as process:
        first = os.read(process.stdout.fileno(), 65536)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    *records, last = map(json.loads, (first + out).splitlines())
    assert 0 < len(records) == last["summary"]["done"] < 40_000
    left = 0
    for node in cluster:
        with Client(node) as client:
            left += client.qlen("mail")
    assert left == 40_000 - len(records)


@both
def test_a_signal_does_not_wait_for_a_node_that_is_only_read_from(name):
    with scanned(node := ScannedNode("a", silent_at=[b"JSCAN"])) as seed:
        with running(name, "mail", "--newer-than", "1h", "--yes", "-o", "json", node=seed) as process:
            wait_until(lambda: any(words[0] == b"JSCAN" for words in node.requests))
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, json.loads(out)["summary"]["matched"]) == (130, 0)
        assert time.monotonic() - begun < 15  # the response timeout is 30 s
        assert b"Traceback" not in err


@both
def test_a_rate_is_kept(name, cluster):
    for _ in range(12):
        add(cluster[0], "mail", delay=600, replicate=1)
    begun = time.monotonic()
    acted(cluster[0], name, "mail", "--rate", "10/s")
    assert time.monotonic() - begun > 1.1


def test_a_rate_holds_for_whole_queues_too(cluster):
    for _ in range(12):
        add(cluster[0], "mail", replicate=1)
    begun = time.monotonic()
    _, summary = acted(cluster[0], "purge", "mail", "--rate", "10/s")
    assert summary["done"] == 12
    assert time.monotonic() - begun > 1.1


@both
@pytest.mark.sandbox_only("a node is stopped")
def test_a_node_that_is_down_is_named_and_the_code_is_3(name, mortal):
    first = mortal.addresses[0]
    here = add(first, "mail", delay=600, replicate=1)
    mortal.stop_node(2)
    for more in (["--dry-run"], []):
        result = run_disquectl(name, "mail", "--yes", *more, "-o", "json", node=first)
        assert (result.code, ids(result.records["jobs"])) == (3, {here})
        assert mortal.addresses[2] in result.err
    shown, code = on_terminal(name, "none", node=first)
    assert (code, "no jobs match" in shown) == (3, True)


@both
def test_no_node_at_all_is_5(name):
    for more in (["--yes", "-o", "json"], ["--dry-run"]):
        result = run_disquectl(name, "mail", *more, node="127.0.0.1:1")
        assert (result.code, result.out) == (5, "")


@both
def test_seeds_only_asks_the_nodes_given(name, cluster):
    here, there = (add(node, "mail", delay=600, replicate=1) for node in cluster[:2])
    records, _ = acted(cluster[0], name, "mail", "--seeds-only")
    assert ids(records) == {here}
    assert jobs(cluster[1])[there]["state"] == "delayed"


# The shell


def test_the_shell_has_both(cluster, delayed):
    script = b"requeue mail --limit 1 --yes\npurge mail --yes\njobs --ids\n"
    done = run_disquectl("shell", node=cluster[0], stdin=script)
    assert done.code == 0
    first, *others = [line.split("\t")[0] for line in done.out.splitlines()]
    assert (first, set(others), len(others)) == (delayed[0], set(delayed), 3)
    assert "requeue: 1 job matched, 1 done\n" in done.err
    assert "purge: 3 jobs matched, 3 done\n" in done.err
    assert jobs(cluster[0]) == {}
    assert run_disquectl("shell", node=cluster[0], stdin=b"purge mail\n").code == 2
    assert run_disquectl("shell", "--read-only", node=cluster[0], stdin=b"purge mail --yes\n").code == 2


# Producers and consumers at work


@both
def test_jobs_that_are_added_after_the_start_are_left(name, cluster):
    before = [add(cluster[n % 3], "mail", f"{n}", delay=600, replicate=2) for n in range(60)]
    added, stop = [], threading.Event()

    def produce(node):
        while not stop.wait(0.005):
            added.append(add(node, "mail", "later", delay=600, replicate=1))

    threads = [threading.Thread(target=produce, args=(node,)) for node in cluster]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(added) > 10)
        started = len(added)
        with running(name, "mail", "--yes", "--rate", "200/s", "-o", "jsonl", node=cluster[0]) as process:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, err
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    *records, last = map(json.loads, out.splitlines())
    assert set(before) <= ids(records) <= {*before, *added}
    assert last["summary"]["done"] == len(records)
    states = {job_id: one["state"] for job_id, one in jobs(cluster[0]).items()}
    late = added[len(added) // 2 :]
    assert len(added) > started + 20
    assert all(states[job_id] == "delayed" for job_id in late)
