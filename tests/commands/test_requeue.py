"""requeue: jobs go into their queue once, at one node, and only those that are not there already."""

from __future__ import annotations

import pytest

from disquectl import Client
from tests.conftest import run_disquectl
from tests.support.jobs import add, jobs, take
from tests.support.waiting import wait_until
from tests.support.written import watching


def requeued(node, *words, code=0):
    """A requeue: the IDs that it queued, and its summary."""
    result = run_disquectl("requeue", *words, "--yes", "-o", "json", node=node)
    assert result.code == code, result
    return {one["id"] for one in result.records["jobs"] if "error" not in one}, result.records["summary"]


def states(node):
    return {job_id: record["state"] for job_id, record in jobs(node).items()}


def length(nodes, queue="mail"):
    total = 0
    for node in nodes:
        with Client(node) as client:
            total += client.qlen(queue)
    return total


@pytest.mark.parametrize("replicate", [1, 2, 3])
def test_delayed_jobs_are_queued_once_and_others_stay(replicate, cluster):
    held = add(cluster[0], "mail", "first", retry=600, replicate=replicate)
    assert take(cluster[0], "mail") == held
    late = {add(node, "mail", f"{n}", delay=600, replicate=replicate) for n, node in enumerate(cluster)}
    queued = add(cluster[0], "mail", "last", replicate=replicate)
    with watching(cluster) as written:
        found, summary = requeued(cluster[2], "mail")
    assert found == late
    assert (summary["matched"], summary["done"], summary["not_selected"]) == (3, 3, 1)
    assert {words[0] for words in written} == {b"ENQUEUE"}
    assert len(written) == 3
    assert states(cluster[0]) == dict.fromkeys(late, "queued") | {held: "in-flight", queued: "queued"}
    assert length(cluster) == 4
    # It counts for nothing: they had not been queued before.
    assert {one["additional_deliveries"] for one in jobs(cluster[0]).values()} == {0}
    assert requeued(cluster[0], "mail") == (set(), summary | {"matched": 0, "done": 0})


def test_jobs_in_flight_run_again_and_it_counts_as_an_additional_delivery(cluster):
    held = {add(node, "mail", f"{n}", retry=600, replicate=2) for n, node in enumerate(cluster)}
    for _ in held:
        with Client(cluster[0]) as client:
            wait_until(lambda client=client: client.getjob("mail", timeout_ms=1000))
    assert set(states(cluster[0]).values()) == {"in-flight"}
    late = add(cluster[0], "mail", delay=600, replicate=2)
    found, summary = requeued(cluster[1], "mail", "--state", "in-flight")
    assert (found, summary["not_selected"]) == (held, 0)
    assert states(cluster[0]) == dict.fromkeys(held, "queued") | {late: "delayed"}
    assert {jobs(cluster[0])[job_id]["additional_deliveries"] for job_id in held} == {1}
    assert length(cluster) == 3


def test_jobs_that_are_queued_already_are_not_touched(cluster):
    queued = add(cluster[0], "mail", replicate=3)
    with watching(cluster) as written:
        found, summary = requeued(cluster[1], "mail", "--state", "queued")
    assert (found, summary["skipped"], summary["skipped_reasons"]) == (set(), 1, {"already queued": 1})
    assert not written
    assert states(cluster[0]) == {queued: "queued"}


def test_at_most_once_jobs(cluster):
    held = add(cluster[0], "mail", retry=0, replicate=1)
    assert take(cluster[0], "mail") == held
    late = add(cluster[0], "mail", retry=0, replicate=1, delay=600)
    found, summary = requeued(cluster[1], "mail", "--state", "delayed", "--state", "in-flight")
    assert found == {late}
    assert summary["skipped_reasons"] == {"at most once: Disque does not deliver it again": 1}
    assert states(cluster[0]) == {held: "in-flight", late: "queued"}


def test_a_queue_that_is_paused_takes_them(cluster):
    late = add(cluster[0], "mail", delay=600, replicate=2)
    with Client(cluster[0]) as client:
        client.pause("mail", "all", "bcast")
    assert requeued(cluster[1], "mail")[0] == {late}
    assert states(cluster[0]) == {late: "queued"}


def test_a_node_that_is_leaving_queues_them(cluster):
    with Client(cluster[1]) as client:
        late = client.addjob("mail", "x", replicate=1, delay=600)
        client.call("CLUSTER", "LEAVING", "yes")
        try:
            assert requeued(cluster[0], "mail")[0] == {late}
        finally:
            client.call("CLUSTER", "LEAVING", "no")
        assert client.qlen("mail") == 1


def test_many_jobs_go_batch_by_batch(cluster):
    with Client(cluster[0]) as client, client.pipeline() as pipeline:
        for number in range(2_200):
            pipeline.call("ADDJOB", "mail", f"{number}", 0, "REPLICATE", 2, "DELAY", 600)
    found, summary = requeued(cluster[1], "mail")
    assert (len(found), summary["done"]) == (2_200, 2_200)
    assert length(cluster) == 2_200


def test_jobs_go_oldest_first(cluster):
    added = [add(cluster[0], "mail", f"{n}", delay=600, replicate=1) for n in range(30)]
    result = run_disquectl("requeue", "mail", "--yes", node=cluster[1])
    assert [line.split("\t")[0] for line in result.out.splitlines()] == added


@pytest.mark.sandbox_only("a node is stopped")
def test_a_job_that_a_node_that_is_down_may_have_queued_is_left(mortal):
    first = mortal.addresses[0]
    late = add(mortal.addresses[2], "mail", delay=600, replicate=3)
    wait_until(lambda: late in states(first))
    mortal.stop_node(2)
    result = run_disquectl("requeue", "mail", "--yes", "-o", "json", node=first)
    assert result.code == 3
    assert result.records["summary"]["left"] == 1
    assert f"{late}: left: left as it is: it may be queued on a node that did not answer" in result.err
