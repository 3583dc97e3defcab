"""What a request costs must not grow with the jobs that it does not ask for. Counted, never timed."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import count, pairwise
from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.sandbox import server, upkeep
from disquectl.sandbox.alarms import Alarms
from disquectl.sandbox.engine import Engine
from disquectl.sandbox.scan import Scanner
from disquectl.sandbox.sortedruns import RUN_LENGTH, SortedRuns
from disquectl.sandbox.thread import SandboxThread

from .bench import Bench

SIZES = (2_000, 64_000)


class Counted:
    """Something with a serial that counts how often it is asked for it."""

    asked = count()

    def __init__(self, serial: int) -> None:
        self._serial = serial

    @property
    def serial(self) -> int:
        next(Counted.asked)
        return self._serial


def asked(act: Any) -> int:
    """How often serials were looked at during `act`."""
    before = next(Counted.asked)
    act()
    return next(Counted.asked) - before - 1


def runs_of(collection: SortedRuns[Any]) -> list[list[Any]]:
    return collection._runs


@pytest.mark.parametrize("size", SIZES)
def test_removing_from_anywhere_compares_with_few_and_moves_no_more_than_a_run(size: int) -> None:
    items = [Counted(number) for number in range(size)]
    kept: SortedRuns[Counted] = SortedRuns(lambda item: item.serial)
    for item in items:
        kept.add(item)
    for at in (size // 2, 0, size - 1, size // 3):
        assert asked(lambda at=at: kept.remove(items[at])) <= 2 * log2(size) + 4
    assert asked(lambda: kept.add(items[size // 2])) <= 2 * log2(size) + 4
    assert len(kept) == size - 3
    assert max(map(len, runs_of(kept))) <= 2 * RUN_LENGTH


def test_runs_stay_short_however_they_are_filled() -> None:
    backwards: SortedRuns[int] = SortedRuns(int)
    for number in range(5 * RUN_LENGTH, 0, -1):
        backwards.add(number)
    assert list(backwards) == list(range(1, 5 * RUN_LENGTH + 1))
    assert max(map(len, runs_of(backwards))) <= 2 * RUN_LENGTH


@given(st.lists(st.integers(-50, 50), max_size=60), st.integers(-60, 60), st.integers(0, 9))
def test_it_is_what_a_sorted_list_is(numbers: list[int], limit: int, few: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("disquectl.sandbox.sortedruns.RUN_LENGTH", 2)
        kept: SortedRuns[int] = SortedRuns(int)
        plain: list[int] = []
        for number in numbers:
            if number in plain:
                kept.remove(number)
                plain.remove(number)
            else:
                kept.add(number)
                insort(plain, number)
            assert (list(kept), len(kept)) == (plain, len(plain))
        assert kept.first(few) == plain[:few]
        assert kept.last(few) == plain[::-1][:few]
        assert list(kept.down_from(limit)) == plain[: bisect_right(plain, limit)][::-1]
        assert [kept.pop_first() for _ in plain] == plain


@pytest.mark.parametrize("size", SIZES)
def test_a_page_of_a_scan_looks_at_no_more_than_it_may(size: int) -> None:
    scanner: Scanner[Counted] = Scanner()
    for number in range(1, size + 1):
        scanner.add(Counted(number))
    pages: list[tuple[int, list[Counted]]] = []
    assert asked(lambda: pages.append(scanner.page(0, 10, lambda _: True))) <= 1
    cursor = pages[0][0]
    assert cursor == size - 10
    assert asked(lambda: scanner.page(cursor, 10, lambda _: False)) <= 2 * log2(size) + 1


def test_acknowledged_jobs_leave_no_alarms_and_cost_no_walk_over_the_others() -> None:
    alarms = Alarms()
    for number in range(5_000):
        alarms.add(number, b"%d" % number)
    for number in range(1, 5_000):
        alarms.remove(number, b"%d" % number)
    assert len(alarms) <= 1_002
    assert alarms.pop_due(9_999) == (0, b"0")
    assert alarms.next_ms() is None


def test_an_alarm_that_was_moved_is_due_once_and_at_its_new_time() -> None:
    alarms = Alarms()
    alarms.add(1, b"a")
    alarms.remove(1, b"a")
    alarms.add(1, b"b")
    alarms.add(2, b"a")
    assert [alarms.pop_due(9) for _ in range(3)] == [(1, b"b"), (2, b"a"), None]


def test_jobs_that_expire_together_are_removed_a_few_at_a_time() -> None:
    bench = Bench()
    for _ in range(25):
        bench.call("ADDJOB", "q", "b", "0", "TTL", "5", "RETRY", "0")
    jobs = bench.nodes[0].jobs
    left = []
    for _ in range(3):
        bench.engine.advance(bench.now_ms + 7_000, 10)
        left.append(len(jobs))
    assert left == [15, 5, 0]


def test_the_server_serves_clients_between_due_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    advance = Engine.advance

    def spy(engine: Engine, now_ms: int, most: int = -1) -> None:
        limits.append(most)
        advance(engine, now_ms, most)

    monkeypatch.setattr(Engine, "advance", spy)
    with SandboxThread():
        pass
    assert limits
    assert set(limits) == {server.JOBS_PER_TICK}


def test_flushing_takes_no_job_out_of_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    for _ in range(50):
        bench.call("ADDJOB", "q", "b", "0")
    monkeypatch.delattr(SortedRuns, "remove")
    assert bench.call("DEBUG", "FLUSHALL") == "OK"
    assert bench.call("QLEN", "q") == 0
    assert bench.call("JSCAN")[1] == []
    assert bench.call("INFO", "jobs").count(b"registered_jobs:0") == 1


def test_flushing_answers_those_who_wait() -> None:
    bench = Bench(nodes=2)
    getting, adding = bench.connect(), bench.connect()
    bench.send(getting, "GETJOB", "FROM", "other")
    bench.call("PAUSE", "q", "in", node=1)
    bench.send(adding, "ADDJOB", "q", "b", "0", "REPLICATE", "2")
    assert bench.call("DEBUG", "FLUSHALL") == "OK"
    assert bench.heard(getting) == [None]
    (reply,) = bench.heard(adding)
    assert reply.startswith("-NOREPL job removed")
    bench.wait(1)
    assert bench.heard(adding) == []


def test_a_replica_that_is_deleted_while_addjob_waits_for_others_stays_deleted() -> None:
    bench = Bench(nodes=3)
    bench.call("PAUSE", "q", "in", node=2)
    bench.send(bench.sessions[0], "ADDJOB", "q", "b", "0", "REPLICATE", "3")
    (job_id,) = bench.call("JSCAN", node=1)[1]
    assert bench.call("DELJOB", job_id, node=1) == 1
    bench.wait(1)
    assert bench.state(job_id, 1) is None
    bench.call("PAUSE", "q", "none", node=2)
    bench.wait(0.2)
    assert bench.heard(bench.sessions[0]) == [job_id]
    assert [bench.state(job_id, node) for node in range(3)] == ["queued", None, "active"]


def test_a_sweep_looks_at_a_part_of_very_many_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "QUEUES_PER_SWEEP", 1)
    bench = Bench()
    for number in range(25):
        bench.call("GETJOB", "NOHANG", "FROM", f"idle{number}")
    for number in range(25):
        bench.call("ADDJOB", f"used{number}", "b", "0")
    bench.wait(300)
    queues = bench.nodes[0].queues
    left = []
    for _ in range(40):
        bench.wait(1)
        left.append(len(queues))
    assert all(before - after <= 1 for before, after in pairwise(left))
    assert left[-1] == 25
