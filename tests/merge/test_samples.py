"""Rates between two samples, and the totals over nodes."""

from __future__ import annotations

import pytest

from disquectl.errors import NotDisque
from disquectl.merge.queues import NAMES
from disquectl.merge.samples import ClusterSamples, NodeSamples, QueueAtNode, QueueTotal


def stat(*, length=0, jobs_in=0, jobs_out=0, blocked=0, import_rate=0, pause=b"none"):
    values = (b"q", length, 1, 1, blocked, [], import_rate, jobs_in, jobs_out, pause)
    return [part for pair in zip(NAMES, values, strict=True) for part in pair]


def info(run_id="a", blocked=0, clients=1, memory=100):
    return {
        "server": {"run_id": run_id},
        "clients": {"connected_clients": clients, "blocked_clients": blocked},
        "memory": {"used_memory": memory},
    }


def queue_after(*samples):
    queue = QueueAtNode()
    for at, one in samples:
        queue.update(one, at)
    return queue


def test_a_rate_is_the_difference_over_the_real_time():
    queue = queue_after((10.0, stat(jobs_in=100, jobs_out=50)), (12.5, stat(jobs_in=110, jobs_out=55)))
    assert (queue.rate_in, queue.rate_out) == (4.0, 2.0)


def test_there_is_no_rate_after_one_sample_nor_where_a_counter_went_back():
    assert queue_after((10.0, stat(jobs_in=100))).rate_in is None
    back = queue_after((10.0, stat(jobs_in=100, jobs_out=9)), (11.0, stat(jobs_in=120, jobs_out=8)))
    assert (back.rate_in, back.rate_out) == (None, None)
    assert queue_after((10.0, stat(jobs_in=1)), (10.0, stat(jobs_in=2))).rate_in is None


def test_a_queue_that_did_not_exist_counts_from_nothing():
    assert queue_after((1.0, None), (3.0, stat(jobs_in=10))).rate_in == 5.0
    gone = queue_after((1.0, stat(jobs_in=10)), (3.0, None))
    assert (gone.rate_in, gone.length) == (None, 0)


def test_a_statistic_of_another_type_is_refused():
    wrong = stat()
    wrong[3] = b"many"
    with pytest.raises(NotDisque):
        QueueAtNode().update(wrong, 1.0)


def test_a_restarted_node_has_no_rates_even_if_its_counters_are_higher():
    node = NodeSamples("id", "a:1")
    for at, run_id, jobs_in in ((1.0, "a", 5), (2.0, "a", 6), (3.0, "b", 50), (4.0, "b", 51)):
        node.add_info(info(run_id))
        node.add_stat(b"q", stat(jobs_in=jobs_in), at)
        rate = node.queues[b"q"].rate_in
        assert rate == {2.0: 1.0, 4.0: 1.0}.get(at)
        assert node.restarted == (at in (1.0, 3.0))


def cluster(*nodes):
    samples = ClusterSamples()
    for number, queues in enumerate(nodes):
        node = samples.nodes[str(number)] = NodeSamples(str(number), f"n:{number}")
        node.is_up = True
        for at in (0.0, 1.0):
            node.add_info(info(blocked=2, clients=3, memory=100))
            for name, (first, second) in queues.items():
                node.add_stat(name, (first, second)[int(at)], at)
    return samples


def test_totals_are_sums_over_the_nodes_that_answer():
    samples = cluster(
        {b"q": (stat(), stat(length=3, jobs_in=4, jobs_out=1, blocked=1))},
        {b"q": (stat(), stat(length=1, jobs_in=1)), b"r": (stat(), stat(length=10, jobs_in=10))},
        {b"q": (stat(), stat(length=7))},
    )
    samples.nodes["2"].is_up = False
    assert samples.total() == {
        "nodes": 2,
        "queued": 14,
        "rate_in": 15.0,
        "rate_out": 1.0,
        "waiting": 4,
        "clients": 6,
        "memory": 200,
    }
    of_queue = samples.total([b"q"])
    assert (of_queue["queued"], of_queue["rate_in"], of_queue["waiting"]) == (4, 5.0, 1)
    assert set(samples.queue_names()) == {b"q", b"r"}
    assert samples.queue(b"q").length == 4


def test_a_job_that_moves_between_nodes_is_counted_once():
    samples = cluster(
        {b"q": (stat(), stat(jobs_in=100, jobs_out=80))},
        {b"q": (stat(), stat(jobs_in=80, jobs_out=80, import_rate=80))},
    )
    assert samples.queue(b"q").rates() == (100.0, 80.0)
    # The rate of imports is a rough one: it never makes more of them than jobs that came in.
    samples = cluster({b"q": (stat(), stat(jobs_in=10, jobs_out=10, import_rate=80))})
    assert samples.queue(b"q").rates() == (0.0, 0.0)


def test_without_a_node_nothing_is_known():
    assert set(ClusterSamples().total().values()) == {0, None}


def test_a_restart_takes_the_rates_of_that_sample_from_the_totals():
    samples = cluster({b"q": (stat(), stat(jobs_in=5))}, {b"q": (stat(), stat(jobs_in=5))})
    assert samples.total()["rate_in"] == 10.0
    samples.nodes["0"].add_info(info("another"))
    samples.nodes["0"].add_stat(b"q", stat(jobs_in=7), 2.0)
    assert samples.total()["rate_in"] is None
    assert samples.queue(b"q").rates() == (None, None)


def test_a_queue_that_was_just_found_does_not_hide_the_rates_of_others():
    samples = cluster({b"q": (stat(), stat(jobs_in=5))})
    samples.nodes["0"].add_stat(b"new", stat(length=2, jobs_in=900), 1.0)
    total = samples.total()
    assert (total["rate_in"], total["queued"]) == (5.0, 2)


def test_pauses_that_differ_are_joined():
    total = QueueTotal()
    for pause in (b"none", b"in", b"out"):
        total.add(queue_after((1.0, stat(pause=pause))))
    assert total.pause() == "in,out"


def test_clients_that_wait_in_addjob_are_no_consumers():
    node = NodeSamples("a" * 40, "a:1")
    assert node.waiting is None
    node.add_info({"clients": {"blocked_clients": 5}})
    assert node.waiting == 5  # not known better yet
    node.add_clients(3, 2)
    assert node.waiting == 3
    node.add_info({"clients": {"blocked_clients": 6}})  # a node with many clients lists them seldom
    assert node.waiting == 4
    node.add_info({"clients": {"blocked_clients": 1}})
    assert node.waiting == 0
