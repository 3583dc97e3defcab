"""`jobs`: every state that real commands reach, and what is shown of a job."""

from __future__ import annotations

import csv
import io
import json
import threading

import pytest

from disquectl import Client
from disquectl.errors import DisquectlError
from tests.conftest import run_disquectl
from tests.support.jobs import add, jobs, replicated, take
from tests.support.waiting import wait_until

stops_a_node = pytest.mark.sandbox_only("a real node is not ours to stop")


def test_a_job_with_three_copies_is_there_once_and_queued(cluster):
    job_id = add(cluster[0], "mail", replicate=3)
    for seed in cluster:
        found = jobs(seed)
        assert list(found) == [job_id]
        assert found[job_id]["state"] == "queued"
        assert sorted(found[job_id]["holders"]) == sorted(cluster)
        assert found[job_id]["next_requeue_within"] is None


@pytest.mark.parametrize("replicate", [1, 3])
def test_delayed(cluster, replicate):
    job_id = add(cluster[1], "mail", delay=60, retry=10, replicate=replicate)
    found = jobs(cluster[0])[job_id]
    assert found["state"] == "delayed"
    assert 50_000 < found["next_requeue_within"] <= 60_000


def test_delayed_at_most_once(cluster):
    job_id = add(cluster[1], "mail", delay=60, retry=0, replicate=1)
    assert jobs(cluster[0])[job_id]["state"] == "delayed"


def test_a_delay_that_is_over_is_queued(cluster):
    job_id = add(cluster[1], "mail", delay=1, replicate=3)
    wait_until(lambda: jobs(cluster[0])[job_id]["state"] == "queued")


@pytest.mark.parametrize("replicate", [1, 3])
def test_delivered_is_in_flight_and_comes_back(cluster, replicate):
    job_id = add(cluster[0], "mail", retry=30, replicate=replicate)
    assert take(cluster[0], "mail") == job_id
    found = jobs(cluster[1])[job_id]
    assert found["state"] == "in-flight"
    assert 0 < found["next_requeue_within"] <= 30_500


def test_taken_out_is_in_flight(cluster):
    job_id = add(cluster[0], "mail", retry=30, replicate=1)
    with Client(cluster[0]) as client:
        assert client.dequeue(job_id) == 1
    assert jobs(cluster[1])[job_id]["state"] == "in-flight"


def test_a_delayed_job_that_was_enqueued_and_delivered_is_in_flight(cluster):
    job_id = add(cluster[0], "mail", delay=60, retry=20, replicate=3)
    with Client(cluster[0]) as client:
        assert client.enqueue(job_id) == 1
    wait_until(lambda: jobs(cluster[1])[job_id]["state"] == "queued")
    assert take(cluster[0], "mail") == job_id
    wait_until(lambda: jobs(cluster[1])[job_id]["state"] == "in-flight")


def test_delivered_at_most_once_never_comes_back(cluster):
    job_id = add(cluster[0], "mail", retry=0, replicate=1)
    assert take(cluster[0], "mail") == job_id
    found = jobs(cluster[2])[job_id]
    assert (found["state"], found["next_requeue_within"]) == ("in-flight", None)
    table = run_disquectl("jobs", "-o", "table", node=cluster[0], COLUMNS="200").out
    assert table.splitlines()[2].split()[:5] == [job_id, "mail", "in", "flight", "never"]


def test_a_return_is_queued_again_and_counted(cluster):
    job_id = add(cluster[0], "mail", retry=60, replicate=3)
    assert take(cluster[0], "mail") == job_id
    with Client(cluster[0]) as client:
        assert client.nack(job_id) == 1
    found = wait_until(lambda: jobs(cluster[1], "--nacks-over", "0").get(job_id))
    assert (found["state"], found["nacks"]) == ("queued", 1)


@stops_a_node
def test_acknowledged_while_a_node_with_a_copy_is_away(mortal):
    cluster = mortal.addresses
    job_id = add(cluster[0], "mail", replicate=3)
    replicated(cluster, job_id)
    mortal.stop_node(2)
    with Client(cluster[0]) as client:
        assert client.ackjob(job_id) == 1
    result = run_disquectl("jobs", "-o", "json", node=cluster[0])
    assert result.code == 3
    assert [record["state"] for record in json.loads(result.raw)] == ["acked"]


@stops_a_node
def test_waiting_for_copies(mortal):
    cluster = mortal.addresses
    job_id = add(cluster[0], "other", replicate=3)
    replicated(cluster, job_id)
    mortal.stop_node(2)

    def wait():
        with Client(cluster[0], response_timeout=5) as client:
            try:
                client.addjob("mail", "body", replicate=3, timeout_ms=4_000)
            except DisquectlError as problem:
                ended.append(problem)

    ended = []
    adding = threading.Thread(target=wait)
    adding.start()

    def states():
        result = run_disquectl("jobs", "mail", "-o", "json", node=cluster[0])
        return [record["state"] for record in json.loads(result.raw)]

    try:
        assert wait_until(states, 4) == ["waiting"]
        # Acknowledging one ends the server, and these IDs are for that.
        assert run_disquectl("jobs", "mail", "--ids", node=cluster[0]).out == ""
        asked_for = run_disquectl("jobs", "mail", "--ids", "--state", "waiting", node=cluster[0])
        assert asked_for.out.startswith("D-")
    finally:
        adding.join()
    assert ended


@stops_a_node
def test_what_a_missing_node_may_have_queued_is_unknown(mortal):
    cluster = mortal.addresses
    queued_there = add(cluster[2], "mail", replicate=3)
    delayed_there = add(cluster[2], "mail", delay=60, replicate=3)
    queued_here = add(cluster[0], "mail", replicate=1)
    taken_here = add(cluster[0], "done", replicate=1)
    assert take(cluster[0], "done") == taken_here
    for job_id in (queued_there, delayed_there):
        replicated(cluster, job_id)
    mortal.stop_node(2)
    result = run_disquectl("jobs", "-o", "json", node=cluster[0])
    assert result.code == 3
    assert cluster[2] in result.err
    assert {record["id"]: record["state"] for record in json.loads(result.raw)} == {
        queued_there: "unknown",
        delayed_there: "delayed",
        queued_here: "queued",
        taken_here: "in-flight",
    }
    queues = json.loads(run_disquectl("queues", "-o", "json", node=cluster[0]).raw)
    mail = next(record for record in queues if record["queue"] == "mail")
    assert (mail["queued"], mail["delayed"], mail["in_flight"]) == (1, 1, 0)


def test_filters(cluster):
    with Client(cluster[0]) as client:
        short = client.addjob("a", "needle in hay", ttl=60, replicate=1)
        long = client.addjob("b", b"\xff\nneedle", ttl=6000, replicate=3)
        other = client.addjob("c", "hay", replicate=1)
    node = cluster[1]
    assert set(jobs(node, "a", "c")) == {short, other}
    assert set(jobs(node, "b")) == {long}
    assert set(jobs(node, "--ttl-below", "10m")) == {short}
    assert set(jobs(node, "--grep", "needle$")) == {long}
    assert set(jobs(node, "--grep", "^needle")) == {short}
    assert set(jobs(node, "--older-than", "1h")) == set()
    assert set(jobs(node, "--deliveries-over", "0")) == set()
    assert set(jobs(node, "--state", "delayed", "--state", "acked")) == set()
    assert len(jobs(node, "--limit", "2")) == 2
    assert list(jobs(node, "--sort", "ttl"))[-1] == short
    assert next(iter(jobs(node, "--sort", "ttl", "--reverse"))) == short
    result = run_disquectl("jobs", "--ids", "--sort", "queue", node=node)
    assert result.out.split() == [short, long, other]


@pytest.mark.parametrize("words", [("--sort", "nothing"), ("--grep", "("), ("--state", "sleeping")])
def test_what_cannot_be_is_found_before_anybody_is_asked(words):
    assert run_disquectl("jobs", *words, node="127.0.0.1:1").code == 2


def test_only_the_beginning_of_a_body_is_kept(cluster):
    body = "x" * 79 + "ü" + "rest"
    add(cluster[0], "mail", body, replicate=1)
    (found,) = jobs(cluster[0]).values()
    assert found["body"] == "x" * 79
    assert set(jobs(cluster[0], "--grep", "rest$"))


@pytest.mark.parametrize("width", ["80", "120", "200"])
def test_a_table_never_cuts_an_id(cluster, width):
    ids = [add(cluster[0], f"[red]queue {n}\n" * 4, "[/bold]\x1b[31m", replicate=3) for n in range(3)]
    result = run_disquectl("jobs", "-o", "table", node=cluster[0], COLUMNS=width)
    assert result.code == 0
    assert all(job_id in result.out for job_id in ids)
    assert all(len(line) <= int(width) for line in result.out.splitlines())
    assert "\x1b" not in result.out


@pytest.mark.parametrize("output", ["plain", "csv", "tsv", "jsonl", "raw"])
def test_every_format_has_a_line_a_job(cluster, output):
    add(cluster[0], b"\xff\n\t[/x]", "a\nb", replicate=3)
    result = run_disquectl("jobs", "-o", output, node=cluster[0])
    assert result.code == 0
    lines = list(csv.reader(io.StringIO(result.out))) if output == "csv" else result.out.splitlines()
    assert len(lines) == {"csv": 2, "tsv": 2}.get(output, 1)
    if output == "jsonl":
        assert json.loads(result.raw)["queue_base64"] == "/woJWy94XQ=="


def test_nothing(cluster):
    assert run_disquectl("jobs", node=cluster[0]).out == ""
    assert run_disquectl("jobs", "-o", "json", node=cluster[0]).out == "[]\n"
