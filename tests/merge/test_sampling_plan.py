"""What a node is asked, and how little: the plan with a clock of its own."""

from __future__ import annotations

import pytest

from disquectl.merge import sampling_plan
from disquectl.merge.sampling_plan import NodePlan

QSCAN = [b"QSCAN", b"0", b"COUNT", b"1000"]


def names(requests):
    return [words[1] for words in requests if words[0] == b"QSTAT"]


def test_the_first_tick_asks_about_the_node_and_for_names():
    plan = NodePlan(1.0)
    asked = plan.tick(100.0)
    assert asked[0] == [b"INFO"]
    assert [b"CONFIG", b"GET", b"maxmemory"] in asked
    assert asked[-1] == QSCAN
    assert not plan.is_known


def test_names_are_asked_as_they_come_and_then_at_each_tick():
    plan = NodePlan(1.0)
    plan.tick(100.0)
    assert plan.names_page(7, [b"a", b"b"]) == [
        [b"QSCAN", b"7", b"COUNT", b"1000"],
        [b"QSTAT", b"a"],
        [b"QSTAT", b"b"],
    ]
    assert plan.names_page(0, [b"b", b"c"]) == [[b"QSTAT", b"c"]]
    assert plan.is_known
    assert plan.tick(101.0) == [[b"INFO"], [b"QSTAT", b"a"], [b"QSTAT", b"b"], [b"QSTAT", b"c"]]
    assert plan.is_gone(b"a")
    assert names(plan.tick(102.0)) == [b"b", b"c"]
    assert QSCAN in plan.tick(110.0)
    assert QSCAN not in plan.tick(121.0)  # the last scan has not ended


def test_only_wanted_names_are_asked():
    plan = NodePlan(1.0, wants=lambda name: name.startswith(b"a"))
    assert names(plan.names_page(0, [b"a1", b"b1"])) == [b"a1"]


def test_given_names_need_no_scan_and_stay():
    plan = NodePlan(1.0, names=[b"a"])
    assert plan.is_known
    asked = plan.tick(0.0)
    assert (QSCAN in asked, names(asked)) == (False, [b"a"])
    assert not plan.is_gone(b"a")
    assert names(plan.tick(1.0)) == [b"a"]


def test_more_queues_than_there_is_time_for_are_asked_in_turn(monkeypatch):
    monkeypatch.setattr(sampling_plan, "QSTAT_PER_SECOND", 3)
    plan = NodePlan(1.0)
    plan.names_page(0, [b"%d" % number for number in range(7)])
    turns = [names(plan.tick(float(at), first=[b"6"])) for at in range(5)]
    assert all(turn[0] == b"6" and len(set(turn)) <= 3 for turn in turns)
    assert {name for turn in turns for name in turn} == {b"%d" % number for number in range(7)}


def test_the_turns_go_round(monkeypatch):
    monkeypatch.setattr(sampling_plan, "QSTAT_PER_SECOND", 3)
    plan = NodePlan(2.5)  # 7 names a tick
    plan.names_page(0, [b"%d" % number for number in range(9)])
    assert names(plan.tick(0.0)) == [b"%d" % number for number in range(7)]
    assert names(plan.tick(1.0)) == [b"%d" % number for number in (7, 8, 0, 1, 2, 3, 4)]
    assert names(plan.tick(2.0)) == [b"%d" % number for number in (5, 6, 7, 8, 0, 1, 2)]


def test_a_queue_that_is_asked_about_first_is_not_asked_about_again_in_its_turn():
    plan = NodePlan(1.0)
    plan.names_page(0, [b"a", b"b"])
    assert names(plan.tick(0.0, first=[b"b", b"b"])) == [b"b", b"a"]


def test_a_restarted_connection_asks_everything_again():
    plan = NodePlan(1.0)
    plan.tick(0.0)
    plan.restart()
    assert plan.tick(0.1)[-1] == QSCAN


@pytest.mark.parametrize(("clients", "lists"), [(None, False), (500, True), (501, False)])
def test_a_node_with_many_clients_lists_them_seldom(clients, lists):
    plan = NodePlan(1.0)
    assert [b"CLIENT", b"LIST"] in plan.tick(0.0)
    assert ([b"CLIENT", b"LIST"] in plan.tick(1.0, clients=clients)) is lists
    assert [b"CLIENT", b"LIST"] in plan.tick(sampling_plan.SELDOM_EVERY, clients=clients)
