"""Which nodes a request that changes a job goes to: the rules of cluster/plan.py on replicas made by hand."""

from __future__ import annotations

import itertools

import pytest

from disquectl.errors import NotDisque
from disquectl.merge.plan import (
    ACKNOWLEDGED,
    ALREADY_QUEUED,
    MAYBE_QUEUED,
    NOT_QUEUED,
    ON_EVERY_REPLICA,
    ON_ONE_NODE,
    UNKNOWN,
    WAITING,
    Replica,
    plan,
    replica_of,
)
from disquectl.merge.replicas import NAMES

A, B, C, D = (letter * 40 for letter in (b"a", b"b", b"c", b"d"))
EVERY_VERB = ON_EVERY_REPLICA + ON_ONE_NODE
PUTTING_BACK = (b"ENQUEUE", b"NACK")


def replica(node_id, state="active", listed=(A, B), requeue_ms=60_000):
    return Replica(node_id, state.encode(), frozenset(listed), requeue_ms)


def planned(verb, *replicas, silent=()):
    """What comes out, whatever the order of the nodes."""
    plans = [plan(verb, list(order), set(silent).__contains__) for order in itertools.permutations(replicas)]
    found = {(tuple(sorted(one.nodes)), one.left) for one in plans}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("verb", EVERY_VERB)
def test_a_job_that_no_node_knows_is_left(verb):
    assert planned(verb) == ((), UNKNOWN)


@pytest.mark.parametrize("verb", EVERY_VERB)
@pytest.mark.parametrize("other", ["active", "queued", "wait-repl", "acked"])
def test_a_job_that_waits_for_replicas_is_left(verb, other):
    assert planned(verb, replica(A, "wait-repl"), replica(B, other)) == ((), WAITING)


@pytest.mark.parametrize("verb", ON_EVERY_REPLICA)
def test_what_ends_a_job_goes_to_every_replica_listed_or_not(verb):
    assert planned(verb, replica(A), replica(B, "queued"), replica(C)) == ((A, B, C), "")


def test_ackjob_leaves_out_the_nodes_that_have_the_job_acknowledged():
    assert planned(b"ACKJOB", replica(A, "acked"), replica(C, "queued")) == ((C,), "")
    assert planned(b"ACKJOB", replica(A, "acked"), replica(B, "acked")) == ((), ACKNOWLEDGED)


@pytest.mark.parametrize("verb", [b"FASTACK", b"DELJOB"])
def test_what_deletes_also_takes_acknowledged_replicas(verb):
    assert planned(verb, replica(A, "acked"), replica(C, "queued")) == ((A, C), "")


@pytest.mark.parametrize("verb", ON_EVERY_REPLICA)
def test_what_ends_a_job_goes_on_where_a_node_is_silent(verb):
    assert planned(verb, replica(A), silent=[B]) == ((A,), "")


@pytest.mark.parametrize("verb", ON_ONE_NODE)
def test_an_acknowledged_job_is_not_brought_back(verb):
    assert planned(verb, replica(A, "acked"), replica(C)) == ((), ACKNOWLEDGED)


@pytest.mark.parametrize("verb", PUTTING_BACK)
@pytest.mark.parametrize("queued_at", [A, B, C])
def test_a_job_that_is_queued_anywhere_is_not_queued_again(verb, queued_at):
    replicas = [replica(node, "queued" if node == queued_at else "active") for node in (A, B, C)]
    assert planned(verb, *replicas) == ((), ALREADY_QUEUED)


@pytest.mark.parametrize("verb", [*PUTTING_BACK, b"WORKING"])
def test_the_node_that_nobody_lists_reaches_the_others(verb):
    # C took the job for a waiting consumer: A and B do not know of C, C knows of A and B.
    assert planned(verb, replica(A, requeue_ms=10), replica(B), replica(C)) == ((C,), "")


@pytest.mark.parametrize("verb", [*PUTTING_BACK, b"WORKING"])
def test_a_delayed_job_goes_to_the_node_that_will_queue_it(verb):
    assert planned(verb, replica(A, requeue_ms=70_000), replica(B, requeue_ms=10_000)) == ((B,), "")
    assert planned(verb, replica(A, requeue_ms=10_000), replica(B, requeue_ms=70_000)) == ((A,), "")


def test_a_job_that_never_returns_goes_to_its_node():
    assert planned(b"ENQUEUE", replica(A, listed=[A], requeue_ms=None)) == ((A,), "")


@pytest.mark.parametrize("verb", PUTTING_BACK)
def test_equal_replicas_give_one_node(verb):
    nodes, left = planned(verb, replica(A), replica(B))
    assert (len(nodes), left) == (1, "")


@pytest.mark.parametrize("verb", [*PUTTING_BACK, b"DEQUEUE"])
def test_a_listed_node_that_is_silent_may_have_it_queued(verb):
    assert planned(verb, replica(A), silent=[B]) == ((), MAYBE_QUEUED)
    assert planned(verb, replica(A), silent=[C])[1] != MAYBE_QUEUED


def test_working_goes_where_the_job_is_queued_also_when_others_are_silent():
    assert planned(b"WORKING", replica(A), replica(B, "queued", requeue_ms=70_000)) == ((B,), "")
    assert planned(b"WORKING", replica(A), silent=[B]) == ((A,), "")


def test_dequeue_goes_where_the_job_is_queued():
    assert planned(b"DEQUEUE", replica(A), replica(B), replica(C, "queued")) == ((C,), "")
    assert planned(b"DEQUEUE", replica(A, "queued"), replica(B, "queued")) == ((A, B), "")
    assert planned(b"DEQUEUE", replica(A), replica(B)) == ((), NOT_QUEUED)


def shown(**changed):
    fields = dict.fromkeys(NAMES, 0) | {b"state": b"active", b"nodes-delivered": [A, B], b"queue": b"q"}
    fields |= {b"id": b"D-", b"body": b""}
    fields |= {name.replace("_", "-").encode(): value for name, value in changed.items()}
    return [word for pair in fields.items() for word in pair]


def test_a_replica_is_read_from_show():
    assert replica_of(A, None) is None
    found = replica_of(A, shown(next_requeue_within=None))
    assert (found.node_id, found.state, found.listed, found.requeue_ms) == (A, b"active", {A, B}, None)


@pytest.mark.parametrize(
    "reply",
    [
        7,
        [],
        shown(state=b"asleep"),
        shown(nodes_delivered=7),
        shown(nodes_delivered=[[A]]),
        shown(next_requeue_within=b"soon"),
    ],
)
def test_what_no_disque_says_of_a_job_is_refused(reply):
    with pytest.raises(NotDisque):
        replica_of(A, reply)
