"""Rows and their trouble, from samples with a clock that is passed in."""

from __future__ import annotations

import pytest

from disquectl.merge.job_estimate import QueueEstimate
from disquectl.merge.samples import ClusterSamples, NodeSamples
from disquectl.top.examiner import queues_to_look_at
from disquectl.top.model import Model, Snapshot
from tests.merge.test_samples import info, stat
from tests.top.samples import row


class Play:
    """One node whose queue `q` is sampled at times that are passed in."""

    def __init__(self):
        self.samples = ClusterSamples()
        self.node = self.samples.nodes["a"] = NodeSamples("a", "a:1")
        self.node.is_up = True
        self.model = Model()

    def tick(self, at, estimates=None, now_ms=0.0, **fields):
        self.node.add_info(info())
        self.node.add_stat(b"q", stat(**fields), at)
        return self.model.snapshot(self.samples, estimates, None, at, now_ms)


def trouble(snapshot):
    return snapshot.rows[0].trouble


def test_jobs_that_nobody_takes_have_no_consumer_after_a_while():
    play = Play()
    assert trouble(play.tick(0.0, length=5)) == ()
    assert trouble(play.tick(9.0, length=5)) == ()
    assert trouble(play.tick(10.0, length=5)) == ("no consumer",)
    assert trouble(play.tick(11.0, length=4, jobs_out=1)) == ()
    assert trouble(play.tick(20.0, length=4, jobs_out=1)) == ()
    snapshot = play.tick(21.0, length=4, jobs_out=1)
    assert trouble(snapshot) == ("no consumer",)


def test_a_queue_that_is_empty_or_waited_for_or_named_by_a_worker_is_no_trouble():
    play = Play()
    play.tick(0.0, length=5)
    assert trouble(play.tick(20.0, length=0)) == ()
    assert trouble(play.tick(21.0, length=5, blocked=1)) == ()
    assert trouble(play.tick(22.0, length=5)) == ("no consumer",)
    play.node.consumed = frozenset({b"q"})
    assert trouble(play.tick(23.0, length=5)) == ()


def test_paused_and_old():
    play = Play()
    old = {b"q": QueueEstimate(1, 2, True, 1_000.0, 30)}
    snapshot = play.tick(1.0, old, 122_000.0, length=1, pause=b"in")
    assert (trouble(snapshot), snapshot.rows[0].oldest_age) == (("paused in", "old"), 121)
    assert trouble(play.tick(2.0, old, 121_000.0, length=1)) == ()
    assert play.tick(3.0, old, 500_000.0, length=0).rows[0].oldest_age is None


def test_figures_of_scans_are_unknown_before_the_first():
    play = Play()
    first = play.tick(1.0, length=1)
    assert (first.rows[0].delayed, first.total.get("delayed")) == (None, None)
    found = {b"delayed-only": QueueEstimate(3, 0, True, None, 0)}
    second = play.tick(2.0, found, length=1)
    assert {row.queue: row.delayed for row in second.rows} == {b"q": 0, b"delayed-only": 3}
    assert second.total["delayed"] == 3


def test_history_has_a_value_for_each_ten_seconds_of_two_minutes():
    play = Play()
    for at in range(300):
        snapshot = play.tick(float(at), length=at)
    assert snapshot.rows[0].history == (189, 199, 209, 219, 229, 239, 249, 259, 269, 279, 289, 299)
    assert len(snapshot.in_history) == 12
    assert play.tick(299.5, length=7).rows[0].history[-2:] == (289, 7)
    del play.node.queues[b"q"]
    assert play.model.snapshot(play.samples, None, None, 400.0, 0.0).rows == ()
    assert play.model._lengths == {}


def test_rows_come_in_trouble_first_and_dead_letters_are_counted():
    play = Play()
    for at in (0.0, 20.0):
        for name in (b"served", b"stuck", b"dead:x"):
            jobs_out = at if name == b"served" else 0
            play.node.add_info(info())
            play.node.add_stat(name, stat(length=3, jobs_out=int(jobs_out)), at)
        snapshot = play.model.snapshot(play.samples, None, None, at, 0.0)
    assert [row.queue for row in snapshot.rows] == [b"stuck", b"served", b"dead:x"]
    assert snapshot.dead == 3


def test_only_wanted_queues_are_rows():
    play = Play()
    play.model = Model(wants=lambda name: name == b"r")
    play.node.add_stat(b"r", stat(), 0.0)
    assert [row.queue for row in play.tick(1.0).rows] == [b"r"]


def test_a_node_that_is_down_stands_first_and_is_a_problem():
    play = Play()
    down = play.samples.nodes["b"] = NodeSamples("b", "0:1")
    down.problem = "connection refused"
    snapshot = play.tick(1.0)
    assert [(node.name, node.health) for node in snapshot.nodes] == [("0:1", "down"), ("a:1", "ok")]


def test_the_record_of_a_queue():
    play = Play()
    play.tick(0.0)
    record = play.tick(2.0, length=3, jobs_in=4).rows[0].record("now")
    assert record == {
        "time": "now",
        "queue": b"q",
        "queued": 3,
        "delayed": None,
        "in_flight": None,
        "rate_in": 2.0,
        "rate_out": 0.0,
        "oldest_age": None,
        "waiting": 0,
        "pause": "none",
    }


def test_queues_without_jobs_and_trouble_are_not_examined():
    rows = (row(b"a", 1), row(b"b"), row(b"c", pause="in"), row(b"d", delayed=3), row(b"e", in_flight=1))
    assert queues_to_look_at(Snapshot(0.0, {}, rows)) == [b"a", b"c", b"d", b"e"]


@pytest.mark.parametrize(
    ("pause", "words"),
    [("in", ("no consumer", "paused in")), ("out", ("paused out",)), ("all", ("paused all",))],
)
def test_a_queue_that_nobody_can_consume_lacks_no_consumer(pause, words):
    cluster, model = ClusterSamples(), Model()
    node = cluster.nodes["a" * 40] = NodeSamples("a" * 40, "a:1")
    node.is_up = True
    for at in (1.0, 100.0):
        node.add_info(info())
        node.add_stat(b"q", stat(length=3, pause=pause.encode()), at)
        snapshot = model.snapshot(cluster, None, None, at, 0.0)
    assert snapshot.rows[0].trouble == words
