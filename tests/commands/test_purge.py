"""purge: what is deleted does not come back, whatever state it is in and wherever its replicas are."""

from __future__ import annotations

import json
import threading

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add, fill, jobs, replicated, take
from tests.support.nodes import SandboxNodes
from tests.support.processes import PATIENCE_SECONDS, running
from tests.support.queue_names import NAMES
from tests.support.waiting import wait_until
from tests.support.written import watching


def purged(node, *words, code=0):
    """A purge: the IDs that it deleted, and its summary."""
    result = run_disquectl("purge", *words, "--yes", "-o", "json", node=node)
    assert result.code == code, result
    document = result.records
    return {one["id"] for one in document["jobs"] if "error" not in one}, document["summary"]


def show(node, job_id):
    with Client(node) as client:
        return client.show(job_id)


def nowhere(nodes, job_ids):
    return not any(show(node, job_id) for node in nodes for job_id in job_ids)


def test_queued_and_delayed_jobs_go_from_all_nodes_and_jobs_in_flight_stay(cluster):
    held = add(cluster[0], "mail", "first", retry=600, replicate=3)
    assert take(cluster[0], "mail") == held
    gone = {add(cluster[n % 3], "mail", f"{n}", replicate=1 + n % 3) for n in range(20)}
    gone |= {add(cluster[n % 3], "mail", f"{n}", replicate=1 + n % 3, delay=600) for n in range(20)}
    other = add(cluster[0], "sms", replicate=1)
    deleted, summary = purged(cluster[1], "mail")
    assert deleted == gone
    assert (summary["matched"], summary["done"], summary["not_selected"]) == (40, 40, 1)
    assert nowhere(cluster, gone)
    assert set(jobs(cluster[0])) == {held, other}
    assert purged(cluster[1], "mail") == (set(), summary | {"matched": 0, "done": 0})


def test_jobs_in_flight_go_where_they_are_asked_for(cluster):
    held = add(cluster[0], "mail", retry=1, replicate=2)
    assert take(cluster[0], "mail") == held
    waiting = add(cluster[0], "mail", delay=600, replicate=2)
    deleted, summary = purged(cluster[0], "mail", "--state", "in-flight")
    assert (deleted, summary["not_selected"]) == ({held}, 0)
    assert set(jobs(cluster[0])) == {waiting}


def test_many_jobs_go_batch_by_batch_each_once(cluster):
    with Client(cluster[0]) as client, client.pipeline() as pipeline:
        for number in range(2_500):
            pipeline.call("ADDJOB", "mail", "x" * (number % 7), 0, "REPLICATE", 2)
    big = fill(cluster[1], ["x" * 400_000] * 5, "mail", replicate=1)
    deleted, summary = purged(cluster[2], "mail")
    assert (len(deleted), summary["done"], summary["matched"]) == (2_505, 2_505, 2_505)
    assert set(big) <= deleted
    assert jobs(cluster[0]) == {}


def test_a_job_that_is_queued_on_two_nodes_counts_once(cluster):
    with Client(cluster[0]) as one, Client(cluster[1]) as two:

        def twice():
            job_id = one.addjob("mail", "x", replicate=3)
            replicated(cluster, job_id)
            two.enqueue(job_id)
            return all(show(node, job_id)["state"] == "queued" for node in cluster[:2])

        wait_until(twice)
    count = len(jobs(cluster[0]))
    for words in (("--older-than", "1h"), ()):
        _, summary = purged(cluster[2], "mail", *words)
    assert summary["matched"] == summary["done"] == count
    assert jobs(cluster[0]) == {}


def unlisted_replica(cluster):
    """A job whose third replica is in no list: a consumer took it at a node that did not have it."""
    job_id = add(cluster[0], "mail", retry=2, replicate=2)
    free = [node for node in cluster if show(node, job_id) is None]
    assert len(free) == 1
    assert take(free[0], "mail") == job_id
    with Client(free[0]) as client:
        assert client.cluster_myid() not in show(free[0], job_id)["nodes_delivered"]
    return job_id, free[0]


@pytest.mark.parametrize("state", ["in-flight", "queued"])
def test_a_replica_that_no_node_lists_does_not_bring_a_job_back(state, cluster):
    job_id, there = unlisted_replica(cluster)
    if state == "queued":
        # It has returned after its retry time, at this node or another.
        wait_until(lambda: jobs(cluster[0])[job_id]["state"] == "queued")
    deleted, _ = purged(cluster[0], "mail", "--state", "queued", "--state", "in-flight")
    assert deleted == {job_id}
    assert nowhere(cluster, [job_id])
    with Client(there) as client:
        assert client.getjob("mail", timeout_ms=3_000) == []


def test_at_most_once_jobs(cluster):
    gone = {add(node, "mail", retry=0, replicate=1) for node in cluster}
    gone |= {add(node, "mail", retry=0, replicate=1, delay=600) for node in cluster}
    assert purged(cluster[0], "mail")[0] == gone
    held = add(cluster[1], "mail", retry=0, replicate=1)
    assert take(cluster[1], "mail") == held
    assert purged(cluster[0], "mail")[1]["not_selected"] == 1
    assert purged(cluster[0], "mail", "--state", "in-flight")[0] == {held}
    assert jobs(cluster[0]) == {}


def test_jobs_that_wait_for_replicas_are_deleted_by_deljob_and_their_addjob_is_answered(cluster):
    answers = []

    def wait_for_replicas():
        with Client(cluster[0]) as client:
            answers.append(client.call("ADDJOB", "mail", "x", 0, "REPLICATE", 3))

    for node in cluster[1:]:
        with Client(node) as client:
            client.pause("mail", "in")
    adding = threading.Thread(target=_ignoring_errors(wait_for_replicas, answers))
    adding.start()
    wait_until(lambda: "waiting" in {one["state"] for one in jobs(cluster[0], "--state", "waiting").values()})
    assert purged(cluster[2], "mail")[1]["matched"] == 0
    with watching(cluster) as written:
        deleted, summary = purged(cluster[2], "mail", "--state", "waiting")
    adding.join(PATIENCE_SECONDS)
    assert (len(deleted), summary["done"]) == (1, 1)
    assert {words[0] for words in written} == {b"DELJOB"}
    assert "NOREPL job removed" in answers[0]
    assert jobs(cluster[0], "--state", "waiting") == {}
    for node in cluster:
        with Client(node) as client:
            assert client.ping() == b"PONG"


def _ignoring_errors(action, answers):
    from disquectl.errors import DisquectlError

    def run():
        try:
            action()
        except DisquectlError as problem:
            answers.append(problem.message)

    return run


@pytest.mark.parametrize("pause", ["in", "out", "all"])
def test_paused_queues(pause, cluster):
    gone = {add(cluster[0], "mail", replicate=2), add(cluster[0], "mail", delay=600, replicate=2)}
    with Client(cluster[0]) as client:
        client.pause("mail", pause, "bcast")
    assert purged(cluster[1], "mail")[0] == gone
    assert jobs(cluster[0]) == {}


def test_a_node_that_is_leaving_has_its_jobs_deleted(cluster):
    with Client(cluster[1]) as client:
        gone = {client.addjob("mail", "x", replicate=1), client.addjob("mail", "x", replicate=1, delay=600)}
        client.call("CLUSTER", "LEAVING", "yes")
        try:
            assert purged(cluster[0], "mail")[0] == gone
        finally:
            client.call("CLUSTER", "LEAVING", "no")
    assert jobs(cluster[0]) == {}


@pytest.mark.parametrize("name", [*NAMES, b"-5", b"mail*", "\u202eevil".encode()])
def test_a_queue_of_any_name(name, cluster):
    gone = add(cluster[0], name, replicate=2)
    late = add(cluster[0], name, replicate=2, delay=600)
    other = add(cluster[0], b"mailbox", replicate=1)
    # A name with NUL cannot be an argument.
    words = ["--all-queues", "--limit", "2"] if b"\x00" in name else [name]
    assert purged(cluster[1], *words, "--newer-than", "1h")[0] == {gone, late}
    assert set(jobs(cluster[1])) == {other}
    if b"\x00" not in name:
        gone = add(cluster[0], name, replicate=2)
        assert purged(cluster[1], name)[0] == {gone}


def test_nothing_is_delivered_again_that_was_deleted_while_consumers_were_at_work(cluster):
    """Consumers at every node take jobs and acknowledge them there, producers add more."""
    deleted_at = threading.Event()
    delivered, ended, stop = [], [], threading.Event()

    def consume(node):
        with Client(node) as client:
            while not stop.is_set():
                for job in client.getjob("mail", count=5, timeout_ms=50) or ():
                    if deleted_at.is_set():
                        delivered.append(job["id"])
                    client.ackjob(job["id"])

    def produce(node):
        with Client(node) as client:
            while not stop.wait(0.002):
                client.addjob("mail", "x", replicate=2, retry=1)

    for number in range(600):
        add(cluster[number % 3], "mail", f"{number}", replicate=2, retry=1)
    threads = [threading.Thread(target=_until(ended, consume, node)) for node in cluster]
    threads += [threading.Thread(target=_until(ended, produce, node)) for node in cluster]
    for thread in threads:
        thread.start()
    try:
        with running("purge", "mail", "--yes", "-o", "jsonl", "--rate", "300/s", node=cluster[0]) as process:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        deleted_at.set()
        assert process.returncode == 0, err
        count = len(delivered)
        wait_until(lambda: len(delivered) > count + 300)
        # Longer than the retry time of a job that was missed.
        late = {add(node, "late", delay=3, replicate=1) for node in cluster}
        for node in cluster:
            late.discard(take(node, "late"))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert ended == []
    *records, last = map(json.loads, out.splitlines())
    assert last["summary"]["done"] == len(records)
    assert not {one["id"] for one in records} & set(delivered)


def _until(ended, action, node):
    def run():
        try:
            action(node)
        except BaseException as problem:
            ended.append(problem)
            raise

    return run


def test_jobs_that_may_be_queued_on_a_node_that_is_down_are_acknowledged_where_they_are():
    with SandboxNodes() as nodes:
        first = nodes.addresses[0]
        job_id = add(first, "q", "x", retry=600, replicate=3)
        assert take(first, "q") == job_id
        nodes.kill(2)
        _, summary = purged(first, "q", "--state", "unknown", code=3)
        assert (summary["matched"], summary["pending"]) == (1, 1)
        assert show(first, job_id)["state"] == "acked"
