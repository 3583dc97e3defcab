"""move: what it prints, what a destination refuses, how it ends, and what is where when it is killed."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import signal
import threading

import pytest

from disquectl import Client
from tests.commands.test_move import bodies, moved, shown
from tests.conftest import run_disquectl
from tests.support.dumps import dump_line
from tests.support.jobs import add, fill, next_millisecond
from tests.support.processes import PATIENCE_SECONDS, run_in_shell, run_into_a_closed_pipe, running
from tests.support.scripted_node import ScriptedNode, silent
from tests.support.terminal import on_terminal
from tests.support.waiting import wait_until

RETRY = 2


def queue_of(node, queue):
    """The jobs of a queue at a node: ID -> body."""
    with Client(node) as client:
        return {job["id"]: job["body"] for job in client.jscan_all(queue=queue, reply="all")}


# Formats


@pytest.mark.parametrize("output", ["table", "plain", "json", "jsonl", "csv", "tsv", "raw"])
def test_every_format(output, node):
    job_id = add(node, b"\xff\n\t", "body")
    next_millisecond()
    words = ("--all-queues", "--to", "[/x]\u202e", "--yes", "-o", output)
    result = run_disquectl("move", *words, node=node)
    assert result.code == 0
    assert result.err == "move: 1 job matched, 1 done\n"
    (new_id,) = queue_of(node, "[/x]\u202e")
    row = [job_id, new_id, r"\xff\n\t", r"[/x]\xe2\x80\xae"]
    if output in ("json", "jsonl"):
        documents = [json.loads(line) for line in result.out.splitlines()]
        record = documents[0]["jobs"][0] if output == "json" else documents[0]
        assert record == {"id": job_id, "new_id": new_id, "queue_base64": "/woJ", "to": "[/x]\u202e"}
        assert documents[-1]["summary"]["done"] == 1
        assert "\u202e" not in result.out
    elif output == "csv":
        rows = list(csv.reader(io.StringIO(result.out)))
        assert rows == [["id", "new_id", "queue", "to"], [job_id, new_id, "\\xff\n\t", "[/x]\u202e"]]
    elif output == "table":
        assert result.out == ""
    elif output == "raw":
        assert result.out == new_id
    else:
        assert [line.split("\t") for line in result.out.splitlines()][output == "tsv" :] == [row]


def test_a_person_sees_the_summary_alone(node):
    fill(node, map(str, range(3)), "old")
    next_millisecond()
    shown_text, code = on_terminal("move", "old", "--to", "new", "--yes", node=node)
    assert (code, shown_text.splitlines()[-1]) == (0, "move: 3 jobs matched, 3 done")
    shown_text, code = on_terminal("move", "old", "--to", "new", "--yes", node=node)
    assert (code, shown_text.splitlines()[-1]) == (0, "no jobs match")


def test_columns(node):
    fill(node, ["x"], "old")
    next_millisecond()
    result = run_disquectl("move", "old", "--to", "new", "--yes", "--columns", "to,new_id", node=node)
    assert result.out == f"new\t{next(iter(queue_of(node, 'new')))}\n"


# What a destination refuses


@contextlib.contextmanager
def set_at(node, name, value):
    """A setting of a node while the block runs."""
    with Client(node) as client:
        before = client.call("CONFIG", "GET", name)[1]
        client.call("CONFIG", "SET", name, value)
        try:
            yield
        finally:
            client.call("CONFIG", "SET", name, before)


def refused(source, destination, jobs=130):
    """The jobs of a move that the destination refuses; they are in their queue at once."""
    job_ids = fill(source, map(str, range(jobs)), "mail", retry=300)
    later = add(source, "mail", delay=600)
    next_millisecond()
    result = run_disquectl("move", "mail", "--to-node", destination, "--yes", "-o", "json", node=source)
    assert result.code == 1, result
    assert result.records["summary"]["left"] == jobs + 1
    states = [shown(source, job_id)["state"] for job_id in [*job_ids, later]]
    assert states == ["queued"] * jobs + ["active"]
    assert shown(source, job_ids[0])["additional_deliveries"] == 1
    assert queue_of(destination, "mail") == {}
    return result


def test_a_destination_that_is_paused(cluster, node):
    with Client(node) as client:
        client.pause("mail", "in")
        result = refused(cluster[0], node)
        client.pause("mail", "none")
    assert "destination: PAUSED Queue paused in input, try later" in result.err
    assert result.err.count("PAUSED") < 40


def test_another_queue_is_moved_where_one_is_paused(cluster, node):
    fill(cluster[0], ["1"], "mail")
    fill(cluster[0], ["2"], "post")
    next_millisecond()
    with Client(node) as client:
        client.pause("mail", "in")
        _, summary = moved(cluster[0], "--all-queues", "--to-node", node, code=3)
        client.pause("mail", "none")
    assert (summary["done"], summary["left"]) == (1, 1)
    assert bodies(node, "post") == [b"2"]


def test_a_destination_without_memory(cluster, node):
    with set_at(node, "maxmemory", "1"):
        result = refused(cluster[0], node)
    assert "destination: OOM command not allowed" in result.err


def test_a_destination_that_holds_no_job_itself(cluster, node):
    with set_at(node, "maxmemory", "0"):
        result = refused(cluster[0], node, jobs=3)
    assert "destination: NOREPL Not enough reachable nodes" in result.err


# Interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_after_what_is_in_flight(number, cluster, node):
    job_ids = fill(cluster[0], map(str, range(500)), "mail", replicate=1)
    next_millisecond()
    words = ("mail", "--to-node", node, "--yes", "-o", "jsonl", "--rate", "200/s")
    with running("move", *words, node=cluster[0]) as process:
        wait_until(lambda: queue_of(node, "mail"))
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    *records, last = map(json.loads, out.splitlines())
    assert 0 < last["summary"]["done"] == len(records) < 500
    assert set(queue_of(node, "mail")) == {one["new_id"] for one in records}
    left = queue_of(cluster[0], "mail")
    assert set(left) == set(job_ids) - {one["id"] for one in records}
    with Client(cluster[0]) as client:
        assert client.qlen("mail") == len(left)
    assert b"Traceback" not in err


@pytest.mark.parametrize("where", ["closed pipe", "full disk"])
def test_where_the_output_cannot_be_written_it_ends_and_says_where_it_stands(where, node):
    fill(node, map(str, range(3000)), "old")
    next_millisecond()
    words = ("move", "old", "--to", "new", "--yes")
    if where == "closed pipe":
        done = run_into_a_closed_pipe(*words, node=node)
        err = done.stderr.decode()
    else:
        done = run_in_shell('"$@" >/dev/full', *words, node=node)
        err = done.stderr
    assert done.returncode == (3 if where == "closed pipe" else 9), err
    count = len(queue_of(node, "new"))
    assert 0 < count < 3000
    assert f"{count} done" in err
    assert len(queue_of(node, "old")) == 3000 - count


def test_a_journal_on_a_full_disk(node, tmp_path):
    fill(node, map(str, range(350)), "old")
    next_millisecond()
    path = tmp_path / "journal"
    words = ("move", "old", "--to", "new", "--yes", "-o", "json", "--journal", str(path))
    done = run_in_shell('ulimit -f 20; exec "$@"', *words, node=node)
    assert done.returncode == 9, done
    assert f"--journal: cannot write {path}: File too large" in done.stderr
    document = json.loads(done.stdout)
    assert len(queue_of(node, "old")) == 350 - document["summary"]["done"]
    # The next one goes on where it has ended.
    _, summary = moved(node, "old", "--to", "new", "--journal", str(path))
    assert len(queue_of(node, "new")) == 350
    assert queue_of(node, "old") == {}
    assert summary["done"] == summary["matched"]


def killed(source, destination, *words, at):
    """Start a move, and kill it once so many copies have arrived."""
    line = ("move", "mail", "--to-node", destination, "--yes", "--rate", "400/s", *words)
    with running(*line, node=source) as process:
        wait_until(lambda: len(queue_of(destination, "mail")) >= at)
        process.kill()


def queued_again(node, count):
    """Wait until what was claimed has returned."""
    with Client(node) as client:
        wait_until(lambda: client.qlen("mail") == count)


@pytest.mark.parametrize("at", [1, 90, 200, 330])
def test_after_kill_9_at_most_a_batch_is_in_both_places(at, node, cluster):
    fill(node, map(str, range(400)), "mail", retry=RETRY)
    next_millisecond()
    killed(node, cluster[0], at=at)
    here, there = queue_of(node, "mail"), queue_of(cluster[0], "mail")
    assert len(set(there.values())) == len(there)
    assert set(here.values()) | set(there.values()) == {b"%d" % number for number in range(400)}
    assert len(set(here.values()) & set(there.values())) <= 100


@pytest.mark.parametrize("at", [1, 90, 200, 330])
def test_a_second_run_with_the_journal_finishes_the_first(at, node, cluster, tmp_path):
    fill(node, map(str, range(400)), "mail", retry=RETRY)
    next_millisecond()
    path = tmp_path / "journal"
    killed(node, cluster[0], "--journal", str(path), at=at)
    here, there = queue_of(node, "mail"), queue_of(cluster[0], "mail")
    pairs = dict(line.split() for line in path.read_text().splitlines() if len(line) == 81)
    assert set(here.values()) | set(there.values()) == {b"%d" % number for number in range(400)}
    in_both = {job_id for job_id, body in here.items() if body in there.values()}
    # It may have been killed between a copy and its line.
    unwritten = in_both - set(pairs)
    assert len(unwritten) <= 40
    queued_again(node, len(here))
    records, summary = moved(node, "mail", "--to-node", cluster[0], "--journal", str(path))
    assert set(records) == set(here)
    assert summary["done"] == len(here)
    assert queue_of(node, "mail") == {}
    for job_id in in_both - unwritten:
        assert records[job_id]["new_id"] == pairs[job_id]
    assert len(queue_of(cluster[0], "mail")) == 400 + len(unwritten)


# Nodes that end, and consumers at work


@pytest.mark.sandbox_only("a node is stopped")
def test_a_node_of_the_source_that_dies_on_the_way(mortal, node):
    for address in mortal.addresses:
        fill(address, [f"{address} {number}" for number in range(150)], "mail", replicate=2)
    next_millisecond()
    words = ("mail", "--to-node", node, "--yes", "-o", "json", "--rate", "400/s", "--response-timeout", "2s")
    with running("move", *words, node=mortal.addresses[0]) as process:
        wait_until(lambda: queue_of(node, "mail"))
        mortal.stop_node(2)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode in (3, 8), err
    document = json.loads(out)
    there = list(queue_of(node, "mail").values())
    assert len(set(there)) == len(there)
    here = {}
    for address in mortal.addresses[:2]:
        here |= queue_of(address, "mail")
    named = {one["id"] for one in document["jobs"] if "error" in one}
    # What the node that died had alone, or was told nothing of, is not in doubt here: only it knows.
    in_both = {job_id for job_id, body in here.items() if body in there and shown_active(mortal, job_id)}
    assert in_both <= named
    assert document["summary"]["matched"] == sum(
        document["summary"][kind]
        for kind in ("done", "gone", "left", "pending", "doubled", "unknown", "skipped")
    )


def shown_active(mortal, job_id):
    """Whether a node that answers still has the job, and not as acknowledged."""
    found = [shown(address, job_id) for address in mortal.addresses[:2]]
    return not any(job is None or job["state"] == "acked" for job in found)


@pytest.mark.sandbox_only("a node is stopped")
def test_a_destination_that_dies_on_the_way(mortal, node):
    fill(node, map(str, range(400)), "mail")
    next_millisecond()
    words = ("mail", "--to-node", mortal.addresses[0], "--yes", "-o", "json", "--rate", "400/s")
    with running("move", *words, node=node) as process:
        wait_until(lambda: queue_of(mortal.addresses[0], "mail"))
        mortal.stop_node(0)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode in (3, 8), err
    assert b"destination: " in err
    summary = json.loads(out)["summary"]
    assert summary["done"] + summary["left"] + summary["unknown"] == 400
    assert len(queue_of(node, "mail")) == summary["left"] + summary["unknown"]
    with Client(node) as client:
        assert client.qlen("mail") == summary["left"]


def test_with_consumers_at_work_each_job_is_done_or_moved_and_both_only_if_told(cluster, node):
    total = 900
    for place, address in enumerate(cluster):
        numbers = range(place * total // 3, (place + 1) * total // 3)
        fill(address, map(str, numbers), "mail", replicate=2, retry=60)
    next_millisecond()
    done, stop = [], threading.Event()

    def consume(address):
        with Client(address) as client:
            while not stop.is_set():
                for job in client.getjob("mail", timeout_ms=50, count=3) or ():
                    done.append((job["id"], job["body"]))
                    client.ackjob(job["id"])
                stop.wait(0.005)

    threads = [threading.Thread(target=consume, args=(address,)) for address in cluster]
    words = ("move", "mail", "--to-node", node, "--yes", "-o", "json", "--rate", "500/s")
    with running(*words, node=cluster[0]) as process:
        wait_until(lambda: queue_of(node, "mail"))
        for thread in threads:
            thread.start()
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    there = queue_of(node, "mail")
    wait_until(lambda: not any(queue_of(address, "mail") for address in cluster))
    stop.set()
    for thread in threads:
        thread.join()
    assert process.returncode in (0, 8), err
    records = {one["id"]: one for one in json.loads(out)["jobs"]}
    consumed, copied = {body for _, body in done}, set(there.values())
    assert consumed | copied == {b"%d" % number for number in range(total)}
    twice = {job_id for job_id, body in done if body in copied}
    assert twice <= {job_id for job_id, one in records.items() if "error" in one}
    assert consumed
    assert copied


# The shell


def test_the_shell_moves_too_and_names_a_side_only_then(cluster, node):
    for number in range(2):
        add(cluster[0], "mail", f"{number}", replicate=1)
        next_millisecond()
    script = (
        f"move mail --to-node {node} --limit 1 --yes --echo\nmove mail --to post --yes\nqlen post --echo\n"
    )
    done = run_disquectl("shell", node=cluster[0], stdin=script.encode())
    assert done.code == 0, done
    assert done.err.count("move: 1 job matched, 1 done\n") == 2
    assert bodies(node, "mail") == [b"0"]
    assert bodies(cluster[0], "post") == [b"1"]
    echoed = [line.split()[1] for line in done.err.splitlines() if ' "' in line]
    assert {"source", "destination"} < set(echoed)
    assert echoed[-1] == cluster[0]
    refused = run_disquectl(
        "shell", "--read-only", node=cluster[0], stdin=f"move post --to-node {node} --yes\n".encode()
    )
    assert refused.code == 2


@pytest.mark.parametrize("command", ["move", "load"])
def test_a_first_seed_that_is_silent_is_left(command, node, tmp_path):
    add(node, "q", "body")
    with ScriptedNode(*[[silent]] * 8) as seed:
        options = ("--yes", "--response-timeout", "200ms", "-o", "json", "-n", f"{seed.address},{node}")
        if command == "move":
            done = run_disquectl("move", "q", "--to", "r", *options)
            # It may have jobs that nobody else knows of.
            assert done.code == 3
        else:
            file = tmp_path / "jobs.jsonl"
            file.write_text(dump_line(1, queue="r"))
            done = run_disquectl("load", file, *options)
            assert done.code == 3
        assert f"{seed.address}: no answer within 0.2s" in done.err
    assert done.records["summary"]["done"] == 1
    with Client(node) as client:
        assert client.qlen("r") == 1
