"""purge and requeue at nodes that are scripted: what is sent to which node, what is reported, how it ends."""

from __future__ import annotations

import json

import pytest

from tests.support.cutting_proxy import run_here
from tests.support.scanned_nodes import ScannedNode, job_id, replica, scanned

SOON = ("--response-timeout", "300ms")


def run(seed, *words, stdin=b""):
    """A run with --yes: exit code, records, summary, stderr."""
    code, out, err = run_here(*words, "--yes", "-o", "json", "--node", seed, *SOON, stdin=stdin)
    document = json.loads(out) if out else {"jobs": None, "summary": None}
    return code, document["jobs"], document["summary"], err


def ids(records):
    return sorted(record["id"].encode() for record in records)


# purge


def test_a_job_is_deleted_at_every_node_with_a_replica_listed_or_not():
    unlisted = replica(1, state=b"active", listed="ab")
    nodes = ScannedNode("a", replica(1)), ScannedNode("b", replica(1, state=b"active"))
    nodes += (ScannedNode("c", unlisted), ScannedNode("d"))
    with scanned(*nodes) as seed:
        code, jobs, summary, _ = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, ids(jobs), summary["matched"], summary["done"]) == (0, [job_id(1)], 1, 1)
    assert [node.verbs() for node in nodes] == [[(b"FASTACK", job_id(1))]] * 3 + [[]]


def test_a_whole_queue_goes_without_a_scan_and_the_scan_finds_the_other_replicas():
    unlisted = replica(1, state=b"active", listed="ab")
    nodes = ScannedNode("a", replica(1), replica(2, age_ms=30_000)), ScannedNode("c", unlisted)
    with scanned(*nodes) as seed:
        code, jobs, summary, _ = run(seed, "purge", "q")
    assert (code, ids(jobs), summary["done"]) == (0, [job_id(1), job_id(2)], 2)
    assert [words[0] for words in nodes[0].requests].index(b"FASTACK") < [
        words[0] for words in nodes[0].requests
    ].index(b"JSCAN")
    assert nodes[1].verbs() == [(b"FASTACK", job_id(1))]


def test_jobs_created_meanwhile_are_left_and_each_record_has_its_own_queue():
    node = ScannedNode(
        "a",
        replica(1, queue=b"a"),
        replica(2, queue=b"a", age_ms=-60_000),
        replica(3, queue=b"b"),
        replica(4, queue=b"c", age_ms=-60_000),
    )
    with scanned(node) as seed:
        code, jobs, summary, _ = run(seed, "purge", "a", "b", "c")
    assert code == 0
    assert {record["queue"]: record["id"].encode() for record in jobs} == {"a": job_id(1), "b": job_id(3)}
    assert summary["matched"] == 2
    assert set(node.jobs) == {job_id(2), job_id(4)}


def test_replicas_that_move_are_followed_until_a_pass_finds_nothing():
    # c gets it while b is asked to delete it.
    class Moving(ScannedNode):
        def _change(self, verb, one):
            if verb == b"FASTACK" and one is not None:
                nodes[2].jobs[one[1]] = one
            return super()._change(verb, one)

    class MovingOn(Moving):
        def _change(self, verb, one):
            if verb == b"FASTACK" and one is not None:
                nodes[1].jobs[one[1]] = one
            return ScannedNode._change(self, verb, one)

    nodes = ScannedNode("a", replica(1)), Moving("b", replica(1)), ScannedNode("c")
    with scanned(*nodes) as seed:
        code, jobs, _, _ = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, ids(jobs)) == (0, [job_id(1)])
    assert not nodes[2].jobs
    nodes = ScannedNode("a", replica(1)), Moving("b", replica(1)), MovingOn("c")
    with scanned(*nodes) as seed:
        run(seed, "purge", "q", "--older-than", "1s")
    scans = sum(words[0] == b"JSCAN" for words in nodes[0].requests)
    assert scans == 5  # and no more


def test_a_job_that_waits_for_replicas_is_deleted_by_deljob_alone():
    nodes = ScannedNode("a", replica(1, state=b"wait-repl")), ScannedNode("b", replica(1, state=b"active"))
    with scanned(*nodes) as seed:
        code, jobs, _, _ = run(seed, "purge", "q", "--state", "waiting")
    assert (code, ids(jobs)) == (0, [job_id(1)])
    assert [node.verbs() for node in nodes] == [[(b"DELJOB", job_id(1))]] * 2


def test_a_waiting_job_that_a_missing_node_may_have_is_deleted_where_it_can_be():
    nodes = ScannedNode("a", replica(1, state=b"wait-repl")), ScannedNode("b", silent_at=[b"JSCAN"])
    with scanned(*nodes) as seed:
        code, jobs, summary, _ = run(seed, "purge", "q", "--state", "waiting")
    assert (code, summary["left"], summary["done"]) == (3, 1, 0)
    assert jobs[0]["error"] == "deleted, but a node that does not answer may have a replica"
    assert nodes[0].verbs() == [(b"DELJOB", job_id(1))]


def test_where_a_node_of_the_list_does_not_answer_disque_tells_it_later():
    nodes = (
        ScannedNode("a", replica(1), replica(2, listed="a")),
        ScannedNode("b", silent_at=[b"JSCAN"]),
        ScannedNode("c", replica(1, state=b"acked")),
    )
    with scanned(*nodes) as seed:
        code, _, summary, _ = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, summary["matched"]) == (3, 1)  # c knows already that job 1 is acknowledged
    nodes = ScannedNode("a", replica(1), replica(2, listed="a")), ScannedNode("b", silent_at=[b"JSCAN"])
    with scanned(*nodes) as seed:
        code, jobs, summary, err = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, summary["pending"], summary["done"], summary["matched"]) == (3, 1, 1, 2)
    assert jobs[0]["error"] == "a node that does not answer may have a replica; Disque tells it later"
    assert nodes[0].verbs() == [(b"FASTACK", job_id(2)), (b"ACKJOB", job_id(1))]
    assert f"{nodes[1].address} (node bbbbbbbb): no answer within 0.3s" in err
    assert "they may have replicas of these jobs and deliver them again" in err
    # Another pass finds job 1 acknowledged, and does not make its node forget it.
    assert nodes[0].jobs[job_id(1)][5] == b"acked"


def test_jobs_whose_deletion_was_answered_are_done_though_the_node_dies():
    jobs_of_a = [replica(number, age_ms=60_000 - number, listed="a") for number in range(10)]
    nodes = ScannedNode("b"), ScannedNode("a", *jobs_of_a, dies_at=(b"FASTACK", 4))
    with scanned(*nodes) as seed:
        code, jobs, summary, err = run(seed, "purge", "q", "--older-than", "1s")
    assert code == 3
    assert (summary["done"], summary["left"]) == (4, 6)
    left = {record["id"].encode() for record in jobs if "error" in record}
    assert left == {job_id(number) for number in range(4, 10)}
    assert err.count("did not answer") >= 6


def test_a_whole_queue_is_left_to_the_scan_when_a_node_dies():
    # What is deleted after that would come back from the node that has died.
    jobs_of_a = [replica(number, age_ms=60_000 - number) for number in range(150)]
    nodes = (
        ScannedNode("a", *jobs_of_a),
        ScannedNode("b", replica(200), dies_at=(b"FASTACK", 0)),
    )
    with scanned(*nodes) as seed:
        code, _, summary, _ = run(seed, "purge", "q")
    assert code == 3
    verbs = [words[0] for words in nodes[0].verbs()]
    assert verbs.count(b"FASTACK") <= 100
    assert summary["pending"] == verbs.count(b"ACKJOB") >= 50
    assert summary["matched"] == 151


@pytest.mark.parametrize("words", [(), ("--older-than", "1s")])
def test_a_node_that_refuses_to_delete_is_asked_a_bounded_number_of_times(words):
    node = ScannedNode("a", replica(1), replica(2), refuses={b"FASTACK": b"NOPERM no"})
    with scanned(node) as seed:
        code, jobs, summary, err = run(seed, "purge", "q", *words)
    assert (code, summary["left"], summary["left_reasons"]) == (1, 2, {"NOPERM no": 2})
    assert "did not answer" not in err
    assert len(node.verbs()) <= 2 * 6
    assert ids(jobs) == [job_id(1), job_id(2)]
    assert f"{job_id(1).decode()}: left: NOPERM no" in err


def test_nothing_is_written_where_no_node_answers_and_something_where_one_did():
    with scanned(ScannedNode("a", replica(1), silent_at=[b"TIME"])) as seed:
        code, jobs, _, _ = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, jobs) == (6, None)
    node = ScannedNode("a", replica(1), replica(2, age_ms=50_000), dies_at=(b"FASTACK", 1))
    with scanned(node) as seed:
        code, jobs, summary, err = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, len(jobs), summary["done"], summary["left"]) == (3, 2, 1, 1)
    assert "2 jobs matched, 1 done, 1 left" in err


def test_what_is_no_answer_of_disque_is_reported_with_what_was_done():
    class Odd(ScannedNode):
        def _reply(self, verb, words):
            return 5 if verb == b"JSCAN" and self.verbs() else super()._reply(verb, words)

    with scanned(Odd("a", replica(1))) as seed:
        code, jobs, summary, err = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, len(jobs), summary["done"]) == (3, 1, 1)
    assert "1 job matched, 1 done" in err


def test_the_limit_counts_jobs_and_takes_the_oldest():
    def node():
        return ScannedNode("a", *(replica(number, age_ms=1000 * (number + 1)) for number in range(10)))

    for words, left in (((), range(7)), (("--newest",), range(3, 10))):
        with scanned(one := node()) as seed:
            code, jobs, summary, _ = run(seed, "purge", "q", "--limit", "3", *words)
        assert (code, len(jobs), summary["matched"]) == (0, 3, 3)
        assert set(one.jobs) == {job_id(number) for number in left}


def test_ids_that_no_node_has_are_noted():
    with scanned(ScannedNode("a", replica(1), replica(2))) as seed:
        stdin = b"\n".join([job_id(1), job_id(8), job_id(9)])
        code, jobs, _, err = run(seed, "purge", "--ids-from", "-", stdin=stdin)
        assert (code, ids(jobs)) == (0, [job_id(1)])
        assert "no job found for 2 of the IDs in --ids-from\n" in err
        code, _, _, err = run(seed, "purge", "--ids-from", "-", "--dry-run", stdin=job_id(2))
        assert (code, "no job found" in err) == (0, False)
        code, _, _, err = run(seed, "purge", "--ids-from", "-", "--dry-run", stdin=job_id(7))
        assert (code, "no job found for 1 of" in err) == (0, True)


# requeue


def delayed(number=1, **values):
    """A replica of a job that becomes due in 60 s."""
    given = {"state": b"active", "age_ms": 60_000, "delay": 120, "next_awake_within": 60_000}
    return replica(number, **(given | values))


def test_a_delayed_job_is_queued_at_one_node():
    nodes = ScannedNode("a", delayed()), ScannedNode("b", delayed(next_requeue_within=120_000))
    with scanned(*nodes) as seed:
        code, jobs, summary, _ = run(seed, "requeue", "q")
    assert (code, ids(jobs), summary["done"]) == (0, [job_id(1)], 1)
    assert [node.verbs() for node in nodes] == [[(b"ENQUEUE", job_id(1))], []]


def test_a_delayed_job_that_a_restarted_node_has_read_from_its_file_is_queued():
    """Its clock began anew there, with the whole delay and the retry time."""
    nodes = ScannedNode("a", delayed()), ScannedNode("b", delayed(next_requeue_within=150_000))
    with scanned(*nodes) as seed:
        code, _, summary, _ = run(seed, "requeue", "q")
    assert (code, summary["done"]) == (0, 1)
    assert [node.verbs() for node in nodes] == [[(b"ENQUEUE", job_id(1))], []]


def test_at_most_once_jobs_in_flight_are_skipped_and_delayed_ones_are_queued():
    in_flight = replica(1, state=b"active", retry=0, listed="a", end="05a0", next_requeue_within=None)
    late = delayed(2, retry=0, listed="a", end="05a0")
    node = ScannedNode("a", in_flight, late)
    with scanned(node) as seed:
        code, jobs, summary, _ = run(seed, "requeue", "q", "--state", "in-flight", "--state", "delayed")
    assert (code, ids(jobs)) == (0, [job_id(2, end="05a0")])
    assert summary["skipped_reasons"] == {"at most once: Disque does not deliver it again": 1}
    assert node.verbs() == [(b"ENQUEUE", job_id(2, end="05a0"))]


def test_a_job_that_becomes_due_meanwhile_is_gone_not_left():
    class Due(ScannedNode):
        def _change(self, verb, one):
            if verb == b"ENQUEUE":
                one[5] = b"queued"
            return super()._change(verb, one)

    with scanned(Due("a", delayed())) as seed:
        code, jobs, summary, _ = run(seed, "requeue", "q")
    assert (code, jobs, summary["gone"]) == (0, [], 1)


def test_a_job_that_may_be_queued_at_a_silent_node_is_left():
    nodes = ScannedNode("a", delayed()), ScannedNode("b", silent_at=[b"JSCAN"])
    with scanned(*nodes) as seed:
        code, _, summary, err = run(seed, "requeue", "q")
    assert (code, summary["left"], nodes[0].verbs()) == (3, 1, [])
    assert "may be queued on a node that did not answer" in err
    assert "jobs that only they have were not found" in err


def test_an_enqueue_without_an_answer_is_unknown_and_not_sent_again():
    nodes = ScannedNode("a", delayed(listed="a"), silent_at=[b"ENQUEUE"]), ScannedNode("b")
    with scanned(*nodes) as seed:
        code, jobs, summary, err = run(seed, "requeue", "q")
    assert (code, summary["unknown"], jobs[0]["error"]) == (
        8,
        1,
        f"{nodes[0].address} did not answer ENQUEUE",
    )
    assert len(nodes[0].verbs()) == 1
    assert f"{job_id(1).decode()}: unknown: " in err


def test_a_refusal_is_not_an_unknown_outcome():
    oom = b"OOM command not allowed when used memory > 'maxmemory'."
    with scanned(ScannedNode("a", delayed(), refuses={b"ENQUEUE": oom}), ScannedNode("b")) as seed:
        code, _, summary, _ = run(seed, "requeue", "q")
    assert (code, summary["unknown"], summary["left_reasons"]) == (1, 0, {oom.decode(): 1})
    nodes = (
        ScannedNode("a", replica(1), refuses={b"ACKJOB": b"NOPERM no"}),
        ScannedNode("b", silent_at=[b"JSCAN"]),
    )
    with scanned(*nodes) as seed:
        code, _, summary, _ = run(seed, "purge", "q", "--older-than", "1s")
    assert (code, summary["left_reasons"]) == (3, {"NOPERM no": 1})


def test_an_answer_that_is_not_a_number_is_unknown():
    class Odd(ScannedNode):
        def _change(self, verb, one):
            return b"what" if verb == b"ENQUEUE" else super()._change(verb, one)

    with scanned(Odd("a", delayed())) as seed:
        code, _, _, err = run(seed, "requeue", "q")
    assert code == 8
    assert "may have been carried out" in err


def test_nothing_is_put_back_that_another_node_has_queued():
    nodes = ScannedNode("a", replica(1, state=b"active", additional_deliveries=1)), ScannedNode("b")
    nodes[1].late = {b"SHOW": [replica(1)]}
    with scanned(*nodes) as seed:
        code, _, summary, _ = run(seed, "requeue", "q", "--state", "in-flight")
    assert (code, summary["skipped_reasons"]) == (0, {"already queued": 1})
    assert [node.verbs() for node in nodes] == [[], []]
