"""move at nodes that are scripted: what each node is sent, what becomes of each job, and how it is told."""

from __future__ import annotations

import contextlib
import json
import os
import time

import pytest

from disquectl.bulk.summary import KINDS
from disquectl.merge.replicas import STATE
from tests.support.cutting_proxy import run_here
from tests.support.moving_nodes import MovingNode, copies_of, deleted, delivered, returned
from tests.support.scanned_nodes import job_id, replica, scanned
from tests.support.scripted_node import close

SOON = ("--response-timeout", "300ms")


def delayed(number=0, due_ms=600_000, **values):
    """A replica of a job that was created a minute ago with a delay."""
    numbers = {"next_requeue_within": due_ms, "next_awake_within": due_ms, "delay": 60 + due_ms // 1000}
    return replica(number, state=b"active", **{"listed": "a", **numbers, **values})


def run(source, *words, code=0):
    """A run with --yes: the records, the counts that are not 0, the summary, and stderr."""
    got, out, err = run_here("move", "q", *words, "--yes", "-o", "json", "--node", source, *SOON)
    assert got == code, err
    document = json.loads(out)
    summary = document["summary"]
    counts = {kind: summary[kind] for kind in KINDS if summary[kind]}
    assert sum(counts.values()) == summary["matched"]
    return document["jobs"], counts, summary, err


@contextlib.contextmanager
def clusters(*nodes, destination=None, **how):
    """The nodes as the source, and another as the destination: the seed, the words, the destination."""
    other = destination or MovingNode("z", **how)
    with scanned(*nodes) as source, scanned(other) as there:
        yield source, ("--to-node", there), other


def test_a_queued_job_is_claimed_copied_looked_at_and_acknowledged():
    nodes = MovingNode("a", replica()), MovingNode("b", replica(state=b"active"))
    with clusters(*nodes) as (source, words, other):
        jobs, counts, _, _ = run(source, *words)
    assert counts == {"done": 1}
    assert jobs == [{"id": job_id().decode(), "new_id": job_id(1, "z").decode(), "queue": "q", "to": "q"}]
    verbs = [
        words[0] for words in nodes[0].requests if words[0] in (b"DEQUEUE", b"SHOW", b"WORKING", b"ACKJOB")
    ]
    assert verbs == [b"DEQUEUE", b"SHOW", b"WORKING", b"SHOW", b"ACKJOB"]
    assert nodes[1].verbs() == []
    assert copies_of(other) == [(b"q", b"body")]
    assert other.verbs() == [(b"ADDJOB", *other.added[0])]


def test_a_job_whose_clock_may_not_be_renewed_is_moved_all_the_same():
    node = MovingNode(
        "a", replica(listed="a"), refuses={b"WORKING": b"TOOLATE Half of job TTL already elapsed"}
    )
    with clusters(node) as (source, words, _):
        _, counts, _, err = run(source, *words)
    assert counts == {"done": 1}
    assert "TOOLATE" not in err


def test_a_copy_is_never_taken_for_a_job_that_existed_at_the_start(monkeypatch, node, client):
    client.addjob("q", "body")
    # As if the copy was made in the same millisecond as the start.
    monkeypatch.setattr("disquectl.fanout.find_jobs.now_ms", lambda: time.time() * 1000 + 500)
    _, out, err = run_here("move", "--all-queues", "--to", "new", "--yes", "-o", "json", "--node", node)
    assert json.loads(out)["summary"]["matched"] == 1, err


def test_each_id_is_acknowledged_by_a_command_of_its_own():
    node = MovingNode("a", *(replica(number, listed="a") for number in range(5)))
    with clusters(node) as (source, words, _):
        assert run(source, *words)[1] == {"done": 5}
    assert [len(words) for words in node.requests if words[0] in (b"ACKJOB", b"DEQUEUE")] == [2] * 10


def test_a_replica_that_nobody_lists_is_deleted_too():
    nodes = MovingNode("a", replica()), MovingNode("c", replica(state=b"active"))
    with clusters(*nodes) as (source, words, _):
        assert run(source, *words)[1] == {"done": 1}
    assert nodes[1].verbs() == [(b"FASTACK", job_id())]
    # c gets it while it is moved: another pass finds it there.
    nodes = MovingNode("a", replica()), MovingNode("c", late={b"TIME": ()})
    nodes[0].before[b"ACKJOB"] = lambda _: nodes[1].jobs.update({job_id(): replica(state=b"active")})
    with clusters(*nodes) as (source, words, _):
        assert run(source, *words)[1] == {"done": 1}
    assert nodes[1].jobs == {}


def test_a_delayed_job_is_not_touched_until_it_is_acknowledged():
    node = MovingNode("a", delayed(due_ms=599_500))
    with clusters(node) as (source, words, other):
        assert run(source, *words)[1] == {"done": 1}
    assert node.verbs() == [(b"ACKJOB", job_id())]
    assert b"DELAY" in other.added[0]
    assert other.added[0][other.added[0].index(b"DELAY") + 1] == b"600"


# Somebody else gets it


@pytest.mark.parametrize("what", [deleted(), delivered(), returned(times=2)])
def test_a_job_that_was_delivered_meanwhile_is_doubled_and_told_with_both_ids(what):
    node = MovingNode("a", replica(listed="a"))
    with clusters(node) as (source, words, other):
        # After the claim, and before the last look.
        other.before[b"ADDJOB"] = lambda _: what(node)
        jobs, counts, _, err = run(source, *words, code=8)
    assert counts == {"doubled": 1}
    assert jobs[0]["new_id"] == job_id(1, "z").decode()
    assert jobs[0]["error"] == "delivered or acknowledged while it was copied"
    assert f"{job_id().decode()}: doubled: delivered" in err
    assert job_id(1, "z").decode() in err
    assert node.count(b"ACKJOB") == 0


def test_a_job_that_was_acknowledged_after_the_last_look_is_doubled():
    node = MovingNode("a", replica(listed="a"), before={b"ACKJOB": deleted()})
    with clusters(node) as (source, words, _):
        assert run(source, *words, code=8)[1] == {"doubled": 1}


def test_a_job_that_has_only_returned_is_taken_out_again():
    node = MovingNode("a", replica(listed="a"))
    with clusters(node) as (source, words, other):
        other.before[b"ADDJOB"] = lambda _: returned()(node)
        assert run(source, *words)[1] == {"done": 1}
    assert node.count(b"DEQUEUE") == 2


def test_a_job_that_returns_and_is_delivered_in_the_last_moment_is_doubled():
    node = MovingNode("a", replica(listed="a"))

    def taken(_):
        node.jobs[job_id()][STATE] = b"active"

    def at_copy(_):
        returned()(node)
        node.before[b"DEQUEUE"] = taken

    with clusters(node) as (source, words, other):
        other.before[b"ADDJOB"] = at_copy
        assert run(source, *words, code=8)[1] == {"doubled": 1}
    assert node.count(b"ACKJOB") == 0


def test_a_job_that_another_took_first_is_gone():
    node = MovingNode("a", replica(listed="a"), before={b"DEQUEUE": deleted()})
    with clusters(node) as (source, words, other):
        jobs, counts, _, _ = run(source, *words)
    assert (jobs, counts, other.added) == ([], {"gone": 1}, [])


def test_a_claimed_job_that_has_returned_at_once_is_not_ours():
    node = MovingNode("a", replica(listed="a"), before={b"SHOW": returned(is_renewed=False)})
    with clusters(node) as (source, words, other):
        # The next pass finds it in its queue, and moves it.
        assert run(source, *words)[1] == {"done": 1}
    assert len(other.added) == 1
    assert node.count(b"DEQUEUE") == 2


def test_a_delayed_job_that_was_delivered_meanwhile_is_doubled():
    node = MovingNode("a", delayed())

    def due(_):
        # No counter shows the first return of a delayed job.
        node.jobs[job_id()] = replica(state=b"active", listed="a", delay=1, next_requeue_within=59_000)

    with clusters(node) as (source, words, other):
        other.before[b"ADDJOB"] = due
        assert run(source, *words, code=8)[1] == {"doubled": 1}
    assert node.count(b"ACKJOB") == 0


def test_a_job_that_waits_for_replicas_at_the_last_look_is_not_acknowledged():
    node = MovingNode("a", replica(listed="a"))

    def waiting(_):
        node.jobs[job_id()][STATE] = b"wait-repl"

    with clusters(node) as (source, words, other):
        other.before[b"ADDJOB"] = waiting
        assert run(source, *words, code=8)[1] == {"doubled": 1}
    assert node.count(b"ACKJOB") == 0


# The copy is refused, or nothing is known of it

REFUSED = [
    b"PAUSED Queue paused in input, try later",
    b"OOM command not allowed when used memory > 'maxmemory'.",
    b"NOREPL Not enough reachable nodes for the requested replication level",
    b"MAXLEN Queue is already longer than the specified MAXLEN count",
    b"NOAUTH Authentication required.",
    b"LEAVING This node is leaving",
    b"ERR something else",
]


@pytest.mark.parametrize("error", REFUSED, ids=lambda error: error.split()[0].decode())
def test_where_the_copy_is_refused_the_job_goes_back_at_once(error):
    node = MovingNode("a", replica(1, listed="a"), delayed(2))
    with clusters(node, refuses={b"ADDJOB": error}) as (source, words, _):
        jobs, counts, summary, err = run(source, *words, code=1)
    assert counts == {"left": 2}
    reason = f"destination: {error.decode()}"
    assert {one["error"] for one in jobs} == {reason}
    assert all(one["new_id"] is None for one in jobs)
    assert summary["left_reasons"] == {reason: 2}
    assert reason in err
    assert (node.state(1), node.state(2)) == ("queued", "active")
    assert node.count(b"ENQUEUE") == node.count(b"DEQUEUE") >= 1
    assert not any(words == (b"ENQUEUE", job_id(2)) for words in node.verbs())


@pytest.mark.parametrize("error", REFUSED[:-1], ids=lambda error: error.split()[0].decode())
def test_after_a_refusal_that_concerns_all_no_further_batch_is_claimed(error):
    node = MovingNode("a", *(replica(number, listed="a", age_ms=90_000 - number) for number in range(250)))
    with clusters(node, refuses={b"ADDJOB": error}) as (source, words, _):
        _, counts, _, _ = run(source, *words, code=1)
    assert counts == {"left": 250}
    assert node.count(b"DEQUEUE") == 100
    assert all(node.state(number) == "queued" for number in range(250))


def test_a_claimed_job_that_cannot_be_put_back_is_told():
    node = MovingNode("a", replica(listed="a"), refuses={b"ENQUEUE": b"OOM command not allowed"})
    with clusters(node, refuses={b"ADDJOB": REFUSED[1]}) as (source, words, _):
        jobs, _, _, _ = run(source, *words, code=1)
    assert jobs[0]["error"].endswith("; it could not be put back and stays in flight")


@pytest.mark.parametrize(
    "how",
    [
        {
            "refuses": {
                b"ADDJOB": b"NOREPL Timeout reached before replicating to the requested number of nodes"
            }
        },
        {"refuses": {b"ADDJOB": b"NOREPL job removed (expired?) before the requested"}},
        {"refuses": {b"ADDJOB": b""}},
    ],
)
def test_where_it_is_not_known_whether_the_copy_was_added_the_original_is_left(how):
    node = MovingNode("a", replica(listed="a"))
    unknown = how["refuses"][b"ADDJOB"]

    class Unclear(MovingNode):
        def _reply(self, verb, words):
            if verb == b"ADDJOB":
                self.added.append(words)
                return 7  # not a job ID
            return super()._reply(verb, words)

    other = MovingNode("z", **how) if unknown else Unclear("z")
    with clusters(node, destination=other) as (source, words, other):
        jobs, counts, _, err = run(source, *words, code=8)
    assert counts == {"unknown": 1}
    assert jobs[0]["new_id"] is None
    assert f"{job_id().decode()}: unknown: destination: " in err
    # It returns after its retry time.
    assert (node.state(), node.count(b"ACKJOB"), node.count(b"ENQUEUE")) == ("active", 0, 0)


def test_an_addjob_without_an_answer_is_unknown():
    node = MovingNode("a", replica(listed="a"))

    class Ending(MovingNode):
        def _answer(self, conn):
            if self.requests[-1][0] == b"ADDJOB":
                self.added.append(self.requests[-1][1:])
                close(conn)
            else:
                super()._answer(conn)

    with clusters(node, destination=Ending("z")) as (source, words, other):
        _, counts, _, _ = run(source, *words, code=8)
    assert (counts, len(other.added), node.state()) == ({"unknown": 1}, 1, "active")


def test_the_number_of_replicas_is_lowered_until_the_destination_takes_it():
    node = MovingNode("a", *(replica(number, listed="a", repl=3) for number in range(3)))

    class Small(MovingNode):
        def _answer(self, conn):
            words = self.requests[-1]
            if words[0] == b"ADDJOB" and int(words[words.index(b"REPLICATE") + 1]) > 1:
                conn.sendall(b"-%b\r\n" % REFUSED[2])
            else:
                super()._answer(conn)

    # HELLO still has the nodes that have just gone.
    others = Small("z"), MovingNode("y"), MovingNode("x")
    with scanned(node) as source, scanned(*others) as there:
        _, counts, _, err = run(source, "--to-node", there)
    assert counts == {"done": 3}
    assert err.endswith("copies have at most 1 replica: the destination can hold no more now\n")


# A node does not answer


def test_jobs_of_a_node_that_has_died_are_left_and_not_gone():
    jobs_of_b = [replica(number, listed="b", age_ms=90_000 - number) for number in range(250)]
    nodes = MovingNode("a"), MovingNode("b", *jobs_of_b, dies_at=(b"DEQUEUE", 30))
    with clusters(*nodes) as (source, words, other):
        _, counts, summary, err = run(source, *words, code=3)
    assert counts == {"left": 250}
    # Of those that it has claimed some may have got no answer.
    reasons = summary["left_reasons"]
    assert {reason.partition(";")[0] for reason in reasons} == {"the node did not answer"}
    assert other.added == []
    assert f"source: {nodes[1].address}" in err


def test_a_claimed_job_of_which_another_replica_is_not_seen_goes_back():
    nodes = MovingNode("a", replica()), MovingNode("b", replica(state=b"active"), dies_at=(b"SHOW", 0))
    with clusters(*nodes) as (source, words, other):
        _, counts, _, _ = run(source, *words, code=3)
    # The next pass finds it, and knows that b does not answer.
    assert counts == {"pending": 1}
    assert nodes[0].count(b"ENQUEUE") == 1
    assert len(other.added) == 1


def test_where_the_node_dies_after_the_copy_the_job_may_return():
    for verb, count in ((b"SHOW", 1), (b"ACKJOB", 0)):
        node = MovingNode("b", replica(listed="b"), dies_at=(verb, count))
        with clusters(MovingNode("a"), node) as (source, words, _):
            jobs, counts, _, _ = run(source, *words, code=8)
        assert counts == {"doubled": 1}
        assert jobs[0]["error"] == "copied; its node did not answer and may deliver it again"


def test_a_node_that_died_between_the_copy_and_the_look_is_not_taken_for_an_acknowledgement():
    first, second = replica(1, listed="b"), replica(2, listed="b")
    node = MovingNode("b", first, second, dies_at=(b"WORKING", 0))
    with clusters(MovingNode("a"), node) as (source, words, _):
        jobs, counts, _, _ = run(source, *words, code=8)
    assert counts == {"doubled": 2}
    assert {one["error"] for one in jobs} == {"copied; its node did not answer and may deliver it again"}


def test_a_node_of_the_list_that_does_not_answer_is_told_later():
    nodes = MovingNode("a", replica()), MovingNode("b", silent_at=[b"JSCAN"])
    with clusters(*nodes) as (source, words, _):
        jobs, counts, _, err = run(source, *words, code=3)
    assert counts == {"pending": 1}
    assert jobs[0]["error"] == "a node that does not answer may have a replica; Disque tells it later"
    assert (b"ACKJOB", job_id()) in nodes[0].verbs()
    assert "they may have replicas of these jobs and deliver them again" in err


@pytest.mark.parametrize(("silent", "replicas"), [([], b"2"), ([b"JSCAN"], b"1")])
def test_no_replica_is_asked_for_that_a_silent_node_would_have_to_make(silent, replicas):
    nodes = MovingNode("a", replica(repl=2, listed="a")), MovingNode("b", silent_at=silent)
    with scanned(*nodes) as source:
        _, counts, _, err = run(source, "--to", "r", code=3 if silent else 0)
    assert counts == {"done": 1}
    words = nodes[0].added[0]
    assert words[words.index(b"REPLICATE") + 1] == replicas
    assert ("copies have at most 1 replica" in err) == bool(silent)


# The journal


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"%b %b\n" % (job_id(), job_id(9, "z")))
    return path


@pytest.mark.parametrize(
    "original",
    [
        replica(listed="a"),  # it has returned since
        replica(listed="a", additional_deliveries=3),
        replica(state=b"active", listed="a"),  # it is still claimed
        delayed(),
    ],
)
def test_what_an_earlier_run_copied_is_acknowledged_and_not_copied_again(original, journal):
    node = MovingNode("a", original)
    with clusters(node) as (source, words, other):
        jobs, counts, _, _ = run(source, *words, "--journal", str(journal))
    assert (counts, other.added, node.state()) == ({"done": 1}, [], None)
    assert (jobs[0]["id"], jobs[0]["new_id"]) == (job_id().decode(), job_id(9, "z").decode())


@pytest.mark.parametrize(
    "original",
    [
        replica(state=b"active", listed="a", additional_deliveries=1),
        replica(state=b"active", listed="a", nacks=1),
        # It was delayed, was queued since, and no counter shows that.
        replica(state=b"active", listed="a", delay=1),
    ],
)
def test_what_a_consumer_may_have_is_left_and_not_copied_again(original, journal):
    node = MovingNode("a", original)
    with clusters(node) as (source, words, other):
        jobs, counts, _, _ = run(source, *words, "--journal", str(journal), code=1)
    assert (counts, other.added) == ({"left": 1}, [])
    assert jobs[0]["error"] == "copied by an earlier run, and perhaps with a consumer now"
    assert jobs[0]["new_id"] == job_id(9, "z").decode()
    assert node.count(b"ACKJOB") == 0


def test_what_returns_from_a_consumer_is_finished_in_a_later_pass(journal):
    node = MovingNode("a", replica(state=b"active", listed="a", nacks=1))
    node.before[b"JSCAN"] = returned(is_renewed=False)
    with clusters(node) as (source, words, other):
        _, counts, _, _ = run(source, *words, "--journal", str(journal))
    assert (counts, other.added, node.state()) == ({"done": 1}, [], None)


@pytest.mark.parametrize("state", [b"acked", b"wait-repl"])
def test_what_is_acknowledged_already_is_neither_acknowledged_nor_copied(state, journal):
    node = MovingNode("a", replica(state=state, listed="a"))
    with clusters(node) as (source, words, other):
        _, counts, _, _ = run(source, *words, "--journal", str(journal))
    assert (counts, other.added, node.verbs()) == ({}, [], [])


def test_a_job_of_the_journal_is_not_copied_where_its_node_does_not_answer(journal):
    node = MovingNode("a", replica(listed="a"), replica(1, listed="a"), dies_at=(b"SHOW", 0))
    with clusters(MovingNode("b"), node) as (source, words, other):
        _, counts, _, _ = run(source, *words, "--journal", str(journal), code=3)
    assert (set(counts), other.added) == ({"left"}, [])


def test_a_node_that_is_missing_is_told_later_of_a_job_of_the_journal(journal):
    nodes = MovingNode("a", replica()), MovingNode("b", silent_at=[b"TIME"])
    with clusters(*nodes) as (source, words, other):
        _, counts, _, _ = run(source, *words, "--journal", str(journal), code=3)
    assert (counts, other.added) == ({"pending": 1}, [])


def test_the_journal_is_written_before_the_originals_are_acknowledged(tmp_path):
    path = tmp_path / "journal"
    node = MovingNode("a", *(replica(number, listed="a") for number in range(3)))
    seen = []
    node.before[b"ACKJOB"] = lambda _: seen.append(path.read_bytes().split())
    with clusters(node) as (source, words, _):
        jobs, _, _, _ = run(source, *words, "--journal", str(path))
    assert seen == [[one[name].encode() for one in jobs for name in ("id", "new_id")]]


def test_a_journal_on_a_full_disk_ends_the_run_after_the_batch(tmp_path, monkeypatch):
    node = MovingNode("a", *(replica(number, listed="a", age_ms=90_000 - number) for number in range(250)))

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with clusters(node) as (source, words, other):
        _, counts, summary, err = run(source, *words, "--journal", str(tmp_path / "journal"), code=9)
    # What was copied is in one place alone.
    assert (counts, len(other.added)) == ({"done": 100, "left": 150}, 100)
    assert summary["left_reasons"] == {"not tried after that": 150}
    assert "No space left on device" in err
