"""Whole jobs of all nodes, each once: states over all replicas, jobs that come late, and when it ends."""

from __future__ import annotations

from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.transport import Transport
from disquectl.fanout.ask import open_cluster, silent_nodes
from disquectl.fanout.whole_jobs import PAGE_BYTES, PASSES, WholeJobsScan
from disquectl.merge.replicas import ID
from disquectl.spec.selection import STATES, Selection
from tests.support.scanned_nodes import ScannedNode, job_id, replica, scanned

MINUTE_MS = 60_000.0


def found(*nodes, states=STATES, **values):
    """(job ID, state) of each job in the order in which they come, and the nodes that did not answer."""
    with (
        scanned(*nodes) as seed,
        Transport(seed, ConnectionFactory(response_timeout=0.3)) as transport,
        open_cluster(transport) as cluster,
    ):
        scan = WholeJobsScan(cluster, Selection(values), frozenset(states))
        scan.connect()
        jobs = [
            (one[ID], state)
            for some in scan.run()
            for one, state in zip(some.replicas, some.states, strict=True)
        ]
        return jobs, silent_nodes(cluster, scan.refusals)


def scans_of(node):
    return sum(words[0] == b"JSCAN" for words in node.requests)


def test_a_job_is_queued_wherever_that_is_seen_first():
    active = replica(1, state=b"active")
    for nodes in ([active, replica(1)], [replica(1), active], [replica(1), replica(1)]):
        pair = [ScannedNode(letter, one) for letter, one in zip("ab", nodes, strict=True)]
        assert found(*pair) == ([(job_id(1), "queued")], [])


def test_other_jobs_are_read_from_all_nodes_when_the_scan_has_ended():
    one = ScannedNode("a", replica(1, state=b"active", nacks=2, next_requeue_within=9000))
    two = ScannedNode("b", replica(1, state=b"active", nacks=5, next_requeue_within=5000))
    assert found(one, two) == ([(job_id(1), "in-flight")], [])
    assert (b"SHOW", job_id(1)) in [tuple(words) for words in one.requests]


def test_a_job_that_is_acknowledged_anywhere_is_acknowledged():
    nodes = ScannedNode("a", replica(1, state=b"active")), ScannedNode("b", replica(1, state=b"acked"))
    assert found(*nodes) == ([(job_id(1), "acked")], [])


def test_only_the_states_that_are_asked_for():
    nodes = ScannedNode("a", replica(1), replica(2, state=b"active")), ScannedNode("b")
    assert found(*nodes, states={"in-flight"})[0] == [(job_id(2), "in-flight")]
    assert found(ScannedNode("a", replica(1), replica(2, state=b"active")), states={"queued"})[0] == [
        (job_id(1), "queued")
    ]


def test_a_job_that_a_missing_node_may_have_queued_is_unknown():
    silent = ScannedNode("b", silent_at=(b"JSCAN",))
    jobs, missing = found(ScannedNode("a", replica(1, state=b"active"), replica(2)), silent)
    assert jobs == [(job_id(2), "queued"), (job_id(1), "unknown")]
    assert len(missing) == 1


def test_a_job_that_comes_to_a_node_after_its_scan_is_found_by_the_next():
    """It was queued at a node that had been scanned when it came there."""
    late = ScannedNode("b")
    first = late._reply

    def reply(verb, words):
        answer = first(verb, words)
        if verb == b"JSCAN" and b"all" in words:
            late.jobs[job_id(7)] = replica(7)
        return answer

    late._reply = reply
    one = ScannedNode("a", replica(1))
    assert found(one, late) == ([(job_id(1), "queued"), (job_id(7), "queued")], [])
    assert scans_of(one) == 3, "one scan of replicas, one that found something, one that did not"


def test_it_gives_up_when_each_scan_finds_something():
    restless = ScannedNode("a")
    first = restless._reply

    def reply(verb, words):
        if verb == b"JSCAN":
            number = scans_of(restless)
            restless.jobs[job_id(number)] = replica(number)
        return first(verb, words)

    restless._reply = reply
    jobs, _ = found(restless)
    assert [one for one, _ in jobs] == [job_id(number) for number in range(1, PASSES + 1)]


def test_jobs_that_are_created_later_are_left_out_by_the_clock_of_their_node():
    of_b = replica(1, maker="b", age_ms=MINUTE_MS - 5_000)  # made in 5 s, says b's clock
    before = replica(2, maker="b", age_ms=MINUTE_MS + 5_000)
    nodes = ScannedNode("a", of_b, before), ScannedNode("b", ahead_ms=-MINUTE_MS)
    assert found(*nodes)[0] == [(job_id(2, "b"), "queued")]
    assert found(ScannedNode("a", replica(3, age_ms=-5_000), replica(4)))[0] == [(job_id(4), "queued")]


def test_the_selection_drops_jobs_when_they_are_seen():
    one = ScannedNode("a", replica(1, body=b"no"), replica(2, body=b"yes", state=b"active"))
    two = ScannedNode("b", replica(3, body=b"no", state=b"active"))
    assert found(one, two, contains=b"yes")[0] == [(job_id(2), "in-flight")]
    shown = {words[1] for node in (one, two) for words in node.requests if words[0] == b"SHOW"}
    assert shown == {job_id(2)}


def test_one_queue_is_scanned_alone_and_numbers_are_tested_over_all_replicas():
    one = ScannedNode("a", replica(1, state=b"active", nacks=1), replica(2, queue=b"other"))
    two = ScannedNode("b", replica(1, state=b"active", nacks=5))
    assert found(one, two, queue=(b"q",), nacks_over=4)[0] == [(job_id(1), "in-flight")]
    assert all(b"QUEUE" in words for words in one.requests if words[0] == b"JSCAN")


def test_large_bodies_are_read_a_few_at_a_time():
    jobs = [replica(i, state=b"active", body=b"x" * (PAGE_BYTES // 2)) for i in range(5)]
    one, two = ScannedNode("a", *jobs), ScannedNode("b")
    assert len(found(one, two)[0]) == 5
    verbs = [words[0] for words in one.requests]
    assert verbs.count(b"SHOW") == 5
    assert b"SHOW SHOW SHOW" not in b" ".join(verbs)
