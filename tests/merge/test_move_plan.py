"""What to do with the original of a copied job, by a last look at its replicas."""

import time

import pytest

from disquectl.merge.clocks import Clocks
from disquectl.merge.move_plan import (
    ACKNOWLEDGE,
    RECLAIM,
    TOO_LATE,
    Look,
    acknowledgements,
    after_copy,
    is_still_held,
)
from tests.support.scanned_nodes import node_id, replica


def one(state="active", returns=(0, 0), listed="ab", **values):
    nacks, deliveries = returns
    return replica(
        state=state.encode(), listed=listed, nacks=nacks, additional_deliveries=deliveries, **values
    )


def look(**replicas):
    """A look at the replicas of these nodes, named by letters."""
    return Look({node_id(letter): found for letter, found in replicas.items()})


@pytest.mark.parametrize(
    ("replicas", "before", "what"),
    [
        # Nobody else got it.
        ({"a": one()}, 0, ACKNOWLEDGE),
        ({"a": one(returns=(2, 1)), "b": one(returns=(2, 0))}, 3, ACKNOWLEDGE),
        # It returned to its queue, and is still there.
        ({"a": one("queued", (0, 1))}, 0, RECLAIM),
        ({"a": one(returns=(0, 1)), "b": one("queued", (0, 1))}, 0, RECLAIM),
        # A delayed one has no counter for its first return.
        ({"a": one("queued")}, 0, RECLAIM),
        # It returned and is not there: somebody took it.
        ({"a": one(returns=(0, 1))}, 0, TOO_LATE),
        ({"a": one(), "b": one(returns=(0, 1))}, 0, TOO_LATE),
        # It returned twice: somebody had it in between, and may still.
        ({"a": one("queued", (0, 2))}, 0, TOO_LATE),
        ({"a": one("queued", (1, 1))}, 0, TOO_LATE),
        # It was acknowledged, or no node knows it any more.
        ({"a": one("acked")}, 0, TOO_LATE),
        ({"a": one(), "b": one("acked")}, 0, TOO_LATE),
        ({}, 0, TOO_LATE),
        # ACKJOB would end a node that waits for replicas of it.
        ({"a": one("wait-repl")}, 0, TOO_LATE),
        ({"a": one(), "b": one("wait-repl")}, 0, TOO_LATE),
    ],
)
def test_what_is_done_with_the_original(replicas, before, what):
    assert after_copy(look(**replicas), before) == what


def test_the_first_node_that_queues_it_tells_when_it_is_due():
    assert look(a=one(next_requeue_within=5000), b=one(next_requeue_within=3000)).due_ms == 3000
    assert look(a=one(next_requeue_within=3000), b=one(next_requeue_within=5000)).due_ms == 3000
    assert look(a=one(next_requeue_within=3000), b=one(next_requeue_within=None)).due_ms == 3000
    assert look(a=one(next_requeue_within=None), b=one(next_requeue_within=3000)).due_ms == 3000
    assert look(a=one(next_requeue_within=None)).due_ms is None


def told(replicas, claimed_at):
    found = acknowledgements(look(**replicas), None if claimed_at is None else node_id(claimed_at))
    return [(node[:1].decode(), verb) for node, verb in found]


@pytest.mark.parametrize(
    ("replicas", "claimed_at", "sent"),
    [
        ({"a": one(listed="ab"), "b": one(listed="ab")}, "a", [("a", b"ACKJOB")]),
        ({"a": one(listed="ab"), "b": one(listed="ab")}, "b", [("b", b"ACKJOB")]),
        # c is in no list, not even its own.
        (
            {"a": one(listed="ab"), "b": one(listed="ab"), "c": one(listed="ab")},
            "a",
            [("a", b"ACKJOB"), ("c", b"FASTACK")],
        ),
        ({"a": one(listed="ab"), "b": one(listed="ab"), "c": one(listed="ab")}, "c", [("c", b"ACKJOB")]),
        # Not claimed, or claimed where it is not known any more: the longest list.
        ({"a": one(listed="a"), "b": one(listed="abc"), "c": one(listed="abc")}, None, [("c", b"ACKJOB")]),
        ({"b": one(listed="ab")}, "a", [("b", b"ACKJOB")]),
        # Its own list has a node that does not know it: that is told by Disque.
        ({"a": one(listed="abc")}, None, [("a", b"ACKJOB")]),
    ],
)
def test_every_node_with_a_replica_hears_of_it_and_only_one_by_ackjob(replicas, claimed_at, sent):
    assert told(replicas, claimed_at) == sent


def delayed(due_ms, *, age_ms=60_000, retry=60, awake_ms=None, **values):
    """A replica of a delayed job that is due in `due_ms`."""
    delay = (due_ms + age_ms) // 1000
    awake_ms = due_ms if awake_ms is None else awake_ms
    numbers = {"next_requeue_within": due_ms, "next_awake_within": awake_ms, "retry": retry}
    return one(age_ms=age_ms, delay=delay, **numbers, **values)


def test_a_job_is_delayed_until_a_node_has_queued_it():
    now, clocks = time.time() * 1000, Clocks()
    assert look(a=delayed(100_000)).is_delayed(now, clocks)
    # Another node queues it a retry time later.
    assert look(a=delayed(100_000), b=delayed(160_000, age_ms=0)).is_delayed(now, clocks)
    # A node that was restarted has read it from its file: its clock began anew, with the whole delay.
    numbers = {"next_requeue_within": 190_000, "next_awake_within": 189_500}
    restored = one(delay=160, age_ms=60_000, retry=60, **numbers)
    assert look(a=delayed(100_000), b=restored).is_delayed(now, clocks)
    assert not look(a=one("queued", delay=160)).is_delayed(now, clocks)
    assert not look(a=delayed(100_000), b=one("queued", delay=160)).is_delayed(now, clocks)
    assert not look(a=one("acked", delay=160)).is_delayed(now, clocks)
    assert not look().is_delayed(now, clocks)
    # It was queued when its delay ended, and a consumer has it.
    assert not look(a=one(delay=1, age_ms=60_000, next_requeue_within=30_000)).is_delayed(now, clocks)
    # Put into its queue before, and taken out.
    assert not look(a=delayed(100_000, returns=(0, 1))).is_delayed(now, clocks)
    assert not look(a=delayed(100_000, returns=(1, 1))).is_delayed(now, clocks)


# The replicas below are made when this module is loaded, and age from then on.
WHEN_LOOKED_MS = time.time() * 1000


@pytest.mark.parametrize(
    ("replicas", "is_held"),
    [
        ({"a": one()}, True),
        ({"a": one(), "b": one()}, True),
        # It is back in its queue, or was: whoever took it then may have it.
        ({"a": one("queued")}, False),
        ({"a": one(), "b": one("queued")}, False),
        ({"a": one(returns=(0, 1))}, False),
        ({"a": one(), "b": one(returns=(1, 0))}, False),
        # Done, or being done.
        ({"a": one("acked")}, False),
        ({"a": one(), "b": one("wait-repl")}, False),
        ({}, False),
        # Its delay lasts, or it was queued at the end of it.
        ({"a": delayed(100_000)}, True),
        ({"a": one(delay=1, age_ms=60_000, next_requeue_within=30_000)}, False),
        ({"a": one(), "b": one(delay=1, age_ms=60_000, next_requeue_within=30_000)}, False),
    ],
)
def test_a_job_of_an_earlier_run_is_still_held_if_it_was_not_queued_since(replicas, is_held):
    assert is_still_held(look(**replicas), WHEN_LOOKED_MS, Clocks()) == is_held


def test_the_nodes_in_the_lists_of_all_replicas():
    assert look(a=one(listed="ab"), c=one(listed="cd")).listed == {node_id(letter) for letter in "abcd"}
