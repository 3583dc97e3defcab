"""One pass over all nodes: what it finds by whose clock, what it finds again, and when it stops."""

from __future__ import annotations

import time

from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.transport import Transport
from disquectl.fanout.find_jobs import JobSearch, Start
from disquectl.spec.selection import STATES, Selection
from tests.support.scanned_nodes import ScannedNode, job_id, replica, scanned

MINUTE_MS = 60_000.0


def searched(seed, selection=None, *, known=(), **how):
    """A search that has run from this seed: it, and the jobs by ID."""
    start = Start()
    with Transport(seed, ConnectionFactory(response_timeout=0.3)) as transport:
        with JobSearch(transport, {}, selection or Selection({}), start, **how) as search:
            search.run(known)
        choice = search.table.choose(STATES, search.missing, time.time() * 1000)
        return search, {job.job_id: job for job in choice.jobs()}


def test_a_replica_is_judged_by_the_clock_of_the_node_that_created_the_job():
    # b is behind, c ahead; a has replicas of their jobs, and is asked first.
    of_b = replica(1, maker="b", age_ms=MINUTE_MS - 5_000)  # made 5 s after the start, says b's clock
    before_b = replica(2, maker="b", age_ms=MINUTE_MS + 5_000)
    of_c = replica(3, maker="c", age_ms=-MINUTE_MS - 5_000)
    before_c = replica(4, maker="c", age_ms=-MINUTE_MS + 5_000)
    nodes = (
        ScannedNode("a", of_b, before_b, of_c, before_c),
        ScannedNode("b", of_b, before_b, ahead_ms=-MINUTE_MS),
        ScannedNode("c", of_c, before_c, ahead_ms=MINUTE_MS),
    )
    with scanned(*nodes) as seed:
        search, jobs = searched(seed)
    assert set(jobs) == {job_id(2, "b"), job_id(4, "c")}
    of = search.table.bits.of
    assert jobs[job_id(4, "c")].replicas.holders == of("a" * 40) | of("c" * 40)


def test_a_slow_reply_to_time_does_not_make_a_job_younger_than_the_command():
    with scanned(ScannedNode("a", replica(1, age_ms=50), slow_time=0.2)) as seed:
        assert set(searched(seed)[1]) == {job_id(1)}


def test_what_is_known_is_found_again_at_each_node():
    one, two = replica(1), replica(2)
    with scanned(ScannedNode("a", one, two), ScannedNode("b", one)) as seed:
        search, jobs = searched(seed, known={job_id(1)})
    assert set(jobs) == {job_id(2)}
    assert {connection.node_id[0]: ids for connection, ids in search.again.items()} == {
        "a": [job_id(1)],
        "b": [job_id(1)],
    }


def test_ids_that_no_node_has_are_counted():
    ids = frozenset([job_id(1), job_id(2), job_id(3), job_id(4)])
    with scanned(ScannedNode("a", replica(1), replica(9)), ScannedNode("b", replica(2, queue=b"r"))) as seed:
        search, jobs = searched(seed, Selection({}, ids=ids))
        assert set(jobs) == {job_id(1), job_id(2)}
        assert search.ids_not_found == 2
        search, _ = searched(seed, Selection({}, ids=ids), known={job_id(1)})
        assert search.ids_not_found == 2
        assert searched(seed)[0].ids_not_found == 0


def test_a_node_that_does_not_answer_is_missing():
    nodes = ScannedNode("a", replica(1)), ScannedNode("b", silent_at=[b"JSCAN"])
    with scanned(*nodes) as seed:
        search, jobs = searched(seed)
    assert search.missing == search.table.bits.of("b" * 40)
    assert [one.node_id for one in search.connections(search.missing)] == []
    assert [one.node_id for one in search.connections(jobs[job_id(1)].replicas.holders)] == ["a" * 40]


def test_it_stops_when_it_is_over():
    nodes = ScannedNode("a", replica(1)), ScannedNode("b", replica(2))
    with scanned(*nodes) as seed:
        assert searched(seed, is_over=lambda: True)[1] == {}


def test_one_queue_is_scanned_alone():
    node = ScannedNode("a", replica(1), replica(2, queue=b"r"))
    with scanned(node) as seed:
        assert set(searched(seed, Selection({"queue": (b"r",)}))[1]) == {job_id(2)}
    assert [words[-2:] for words in node.requests if words[0] == b"JSCAN"] == [[b"QUEUE", b"r"]]
