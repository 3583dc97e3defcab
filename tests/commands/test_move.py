"""move to another queue of the same cluster: which jobs go, and what their copies are."""

from __future__ import annotations

import itertools
import json

import pytest

from disquectl import Client
from disquectl.bulk.summary import KINDS
from tests.conftest import run_disquectl
from tests.support.jobs import add, fill, jobs, next_millisecond, replicated, take
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until
from tests.support.written import watching


def moved(node, *words, code=0, **more):
    """A run with --yes: the records by ID, and the summary."""
    result = run_disquectl("move", *words, "--yes", "-o", "json", node=node, **more)
    assert result.code == code, result
    records = {record["id"]: record for record in result.records["jobs"]}
    assert len(records) == len(result.records["jobs"])
    summary = result.records["summary"]
    assert sum(summary[kind] for kind in KINDS) == summary["matched"]
    return records, summary


def shown(node, job_id):
    with Client(node) as client:
        return client.show(job_id)


def bodies(node, queue, count=100):
    with Client(node) as client:
        return [job["body"] for job in client.qpeek(queue, count)]


def gone_everywhere(nodes, job_ids):
    """Wait until no node has these jobs."""
    wait_until(lambda: all(shown(node, job_id) is None for node in nodes for job_id in job_ids))


# What is moved


def test_queued_and_delayed_jobs_go_and_their_originals_are_gone(cluster):
    queued = [add(node, "old", f"{place}", replicate=2) for place, node in enumerate(cluster)]
    delayed = add(cluster[0], "old", "later", delay=600)
    other = add(cluster[0], "else", "x")
    next_millisecond()
    records, summary = moved(cluster[1], "old", "--to", "new")
    assert set(records) == {*queued, delayed}
    assert summary == {"matched": 4, **dict.fromkeys(KINDS, 0), "done": 4, "not_selected": 0}
    assert all((one["queue"], one["to"]) == ("old", "new") for one in records.values())
    copies = {shown(cluster[1], one["new_id"])["body"] for one in records.values()}
    assert copies == {b"0", b"1", b"2", b"later"}
    gone_everywhere(cluster, [*queued, delayed])
    assert shown(cluster[0], other)["state"] == "queued"
    assert run_disquectl("qlen", "new", "--cluster", node=cluster[0]).out == "3\n"


def test_the_oldest_go_first_and_keep_their_order(node):
    fill(node, [f"{number}" for number in range(350)], "old")
    next_millisecond()
    result = run_disquectl("move", "old", "--to", "new", "--yes", "-o", "jsonl", node=node)
    assert result.code == 0
    *records, last = map(json.loads, result.out.splitlines())
    assert last["summary"]["done"] == 350
    copies = {job["id"]: job["body"] for job in map_jobs(node, "new")}
    assert [copies[one["new_id"]] for one in records] == [f"{number}" for number in range(350)]
    assert bodies(node, "new", 350) == [b"%d" % number for number in range(350)]


def map_jobs(node, queue):
    with Client(node) as client:
        return [{"id": job["id"], "body": job["body"].decode()} for job in client.qpeek(queue, 1000)]


@pytest.mark.parametrize("words", [("--replicate", "1"), ("--async",), ("--connections", "1")])
def test_the_order_is_kept_in_a_cluster_too(words, cluster):
    fill(cluster[0], [f"{number}" for number in range(120)], "old", replicate=2)
    next_millisecond()
    moved(cluster[1], "old", "--to", "new", *words)
    assert bodies(cluster[1], "new", 120) == [b"%d" % number for number in range(120)]


def test_limit_takes_the_oldest_and_newest_the_newest(node):
    for number in range(5):
        add(node, "old", f"{number}")
        next_millisecond()
    moved(node, "old", "--to", "new", "--limit", "2")
    assert bodies(node, "new") == [b"0", b"1"]
    moved(node, "old", "--to", "last", "--limit", "1", "--newest")
    assert bodies(node, "last") == [b"4"]
    assert bodies(node, "old") == [b"2", b"3"]


def test_jobs_in_flight_stay_and_are_counted(node):
    add(node, "old")
    add(node, "old")
    taken = take(node, "old")
    next_millisecond()
    records, summary = moved(node, "old", "--to", "new")
    assert (len(records), summary["not_selected"]) == (1, 1)
    assert shown(node, taken)["state"] == "active"


def test_jobs_in_flight_go_if_they_are_asked_for(node):
    add(node, "old")
    taken = take(node, "old")
    next_millisecond()
    records, _ = moved(node, "old", "--to", "new", "--state", "in-flight")
    assert set(records) == {taken}
    assert shown(node, taken) is None
    assert len(bodies(node, "new")) == 1


@pytest.mark.parametrize("state", ["acked", "waiting"])
def test_what_is_only_listed_is_refused(state):
    result = run_disquectl("move", "q", "--to", "r", "--state", state, "--yes", node="127.0.0.1:1")
    assert (result.code, result.out) == (2, "")


def test_every_queue_but_the_destination(node):
    add(node, "a")
    add(node, "b")
    there = add(node, "new")
    next_millisecond()
    records, summary = moved(node, "--all-queues", "--to", "new")
    assert {one["queue"] for one in records.values()} == {"a", "b"}
    assert (summary["skipped"], summary["skipped_reasons"]) == (1, {"in that queue already": 1})
    assert shown(node, there)["state"] == "queued"


@pytest.mark.parametrize("queue", [b"", b"\xff\n\t", "\u202e\x1b[31m".encode(), b"a b", b"--yes", b"*"])
def test_queues_and_bodies_of_any_bytes(queue, node):
    bodies_in = [b"", b"\x00\xff\r\n", "\u202e".encode(), bytes(range(256)), b"x" * 100_000]
    for body in bodies_in:
        add(node, queue, body)
        next_millisecond()
    words = ("--to", queue + b"!", "--yes", "--quiet", "-o", "json", "--", queue)
    result = run_disquectl("move", *words, node=node)
    assert (result.code, result.err, result.records["summary"]["done"]) == (0, "", 5)
    assert bodies(node, queue + b"!") == bodies_in
    assert bodies(node, queue) == []


def test_jobs_added_meanwhile_stay(node):
    add(node, "old")
    with watching([node]) as written:
        process = run_disquectl("move", "old", "--to", "new", "--yes", "--rate", "5/s", node=node)
        assert process.code == 0
    assert [words[0] for words in written].count(b"ADDJOB") == 1


# What the copies are


def test_a_copy_keeps_what_is_left_of_the_times(node):
    job_id = add(node, "old", retry=77, ttl=500, delay=300)
    wait_until(lambda: shown(node, job_id)["ttl"] < 499)
    records, _ = moved(node, "old", "--to", "new")
    copy = shown(node, records[job_id]["new_id"])
    assert (copy["retry"], copy["state"]) == (77, "active")
    assert 490 <= copy["ttl"] < 499
    assert 290 <= copy["delay"] <= 299
    # Late by a second at most.
    assert 290_000 < copy["next_requeue_within"] <= copy["delay"] * 1000


def test_options_override_the_values_of_the_jobs(node):
    job_id = add(node, "old", retry=77, ttl=500, delay=300)
    records, _ = moved(node, "old", "--to", "new", "--retry", "5", "--ttl", "1h", "--delay", "10m")
    copy = shown(node, records[job_id]["new_id"])
    assert (copy["retry"], copy["delay"]) == (5, 600)
    assert copy["ttl"] > 3590
    records, _ = moved(node, "new", "--to", "now", "--delay", "0")
    assert [shown(node, one["new_id"])["state"] for one in records.values()] == ["queued"]


def test_a_job_that_is_due_soon_is_moved_when_it_is_queued(node):
    job_id = add(node, "old", delay=2)
    fill(node, map(str, range(150)), "old", delay=300)
    with watching([node]) as written:
        records, summary = moved(node, "old", "--to", "new")
    assert summary["done"] == 151
    assert shown(node, records[job_id]["new_id"])["delay"] == 0
    assert [b"DEQUEUE", job_id.encode()] in written
    assert shown(node, job_id) is None


def test_a_copy_has_as_many_replicas_as_the_job_had(cluster):
    two, three = add(cluster[0], "old", replicate=2), add(cluster[1], "old", replicate=3)
    next_millisecond()
    records, _ = moved(cluster[2], "old", "--to", "new")
    assert shown(cluster[2], records[two]["new_id"])["repl"] == 2
    assert shown(cluster[2], records[three]["new_id"])["repl"] == 3
    records, _ = moved(cluster[2], "new", "--to", "newer", "--replicate", "1")
    assert {shown(cluster[2], one["new_id"])["repl"] for one in records.values()} == {1}


def test_replicate_is_exact(cluster):
    job_id = add(cluster[0], "old", replicate=2)
    next_millisecond()
    result = run_disquectl("move", "old", "--to", "new", "--yes", "--replicate", "4", node=cluster[0])
    assert result.code == 1
    assert "NOREPL Not enough reachable nodes" in result.err
    assert "can hold no more" not in result.err
    assert shown(cluster[0], job_id)["state"] == "queued"


def test_at_most_once_jobs_are_skipped_unless_asked_for(node):
    once, other = add(node, "old", "once", retry=0), add(node, "old", "other")
    next_millisecond()
    records, summary = moved(node, "old", "--to", "new")
    assert set(records) == {other}
    assert summary["skipped_reasons"] == {"at most once: it cannot be put back (--at-most-once moves it)": 1}
    assert shown(node, once)["state"] == "queued"
    records, _ = moved(node, "old", "--to", "new", "--at-most-once")
    assert set(records) == {once}
    assert shown(node, records[once]["new_id"])["retry"] == 0
    assert shown(node, once) is None


def test_at_most_once_jobs_of_a_cluster(cluster):
    once = add(cluster[0], "old", "once", retry=0, replicate=1)
    next_millisecond()
    records, _ = moved(cluster[1], "old", "--to", "new", "--at-most-once")
    assert shown(cluster[1], records[once]["new_id"])["repl"] == 1
    assert shown(cluster[0], once) is None


# --keep


def test_keep_copies_and_changes_nothing(cluster):
    queued = add(cluster[0], "old", "queued", replicate=2)
    delayed, once = add(cluster[0], "old", "later", delay=3), add(cluster[0], "old", retry=0, replicate=1)
    replicated(cluster[:1], queued)
    next_millisecond()
    with watching(cluster) as written:
        records, _ = moved(cluster[1], "old", "--to", "new", "--keep")
    assert set(records) == {queued, delayed, once}
    assert {words[0] for words in written} == {b"ADDJOB"}
    assert shown(cluster[0], queued)["state"] == "queued"
    assert shown(cluster[0], queued)["additional_deliveries"] == 0
    assert {shown(cluster[1], one["new_id"])["queue"] for one in records.values()} == {b"new"}


# Asking


def test_a_person_is_asked_with_the_number_of_jobs(node):
    add(node, "old")
    add(node, "old", delay=600)
    next_millisecond()
    with Terminal("move", "old", "--to", "new", node=node) as terminal:
        terminal.wait_for("[y/N]")
        assert "move moves 2 jobs:\n  old: 1 delayed, 1 queued" in terminal.seen
        terminal.type("n\n")
        assert terminal.end() == 130
    assert bodies(node, "new") == []


def test_dry_run_lists_and_writes_nothing(cluster):
    queued = add(cluster[0], "old")
    delayed = add(cluster[1], "old", delay=600)
    next_millisecond()
    with watching(cluster) as written:
        result = run_disquectl("move", "old", "--to", "new", "--dry-run", "-o", "json", node=cluster[0])
    assert (result.code, written) == (0, [])
    assert {one["id"]: one["state"] for one in result.records["jobs"]} == {
        queued: "queued",
        delayed: "delayed",
    }
    assert jobs(cluster[0])[queued]["state"] == "queued"


WRONG = [
    ("q",),
    ("--to", "r"),
    ("q", "--to", ""),
    ("q", "--to", "q"),
    ("q", "--to", "r", "--retry", "x"),
    ("q", "--to", "r", "--replicate", "0"),
    ("q", "--to", "r", "--connections", "0"),
    ("q", "--to", "r", "--columns", "state"),
    ("q", "--to", "r", "--keep", "--journal", "/tmp/none"),
    ("q", "--to", "r", "--read-only"),
    ("q", "--to-node", "127.0.0.1:2", "--read-only"),
    ("q", "--to-node", "127.0.0.1:2", "--to-url", "disque://127.0.0.1"),
    ("q", "--to-node", ""),
    ("q", "--to-url", "http://x"),
    ("q", "--to-profile", "none"),
    ("q", "--to", "r", "--to-password-file", "/dev/null"),
    ("q", "--to", "r", "--to-cacert", "/dev/null"),
]


@pytest.mark.parametrize("words", WRONG, ids=itertools.count())
def test_what_is_wrong_is_found_before_a_node_is_asked(words):
    result = run_disquectl("move", *words, "--yes", node="127.0.0.1:1")
    assert (result.code, result.out) == (2, ""), result


@pytest.mark.parametrize("words", [("q", "--to", "r"), ("q", "--to-node", "127.0.0.1:2")])
def test_without_a_terminal_it_needs_yes(words):
    result = run_disquectl("move", *words, node="127.0.0.1:1")
    assert result.code == 2
    assert "--yes" in result.err
