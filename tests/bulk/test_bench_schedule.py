"""When a measurement sends its next requests, and since when their latency counts."""

from disquectl.bulk.bench_schedule import Schedule


def test_so_many_jobs_in_blocks():
    schedule = Schedule(0, block=4, jobs=10)
    assert [schedule.take(now) for now in (0, 1, 2, 3)] == [(4, 0), (4, 1), (2, 2), None]
    assert schedule.is_over(3)
    assert schedule.next_due(3) is None


def test_until_a_time():
    schedule = Schedule(100, block=1, seconds=2)
    assert schedule.take(101.9) == (1, 101.9)
    assert not schedule.is_over(101.9)
    assert schedule.take(102) is None
    assert schedule.is_over(102)


def test_at_a_rate_each_has_its_time():
    schedule = Schedule(10, block=1, rate=2)
    assert schedule.take(10) == (1, 10)
    assert schedule.take(10.4) is None
    assert schedule.next_due(10.4) == 10.5
    assert schedule.take(10.5) == (1, 10.5)


def test_what_is_sent_late_counts_from_when_it_was_due():
    schedule = Schedule(0, block=5, rate=10)
    assert [schedule.take(3) for _ in range(3)] == [(5, 0), (5, 0.5), (5, 1)]
    assert schedule.next_due(3) == 3


def test_what_had_no_effect_is_due_again():
    schedule = Schedule(0, block=4, jobs=4)
    assert schedule.take(0) == (4, 0)
    schedule.give_back(3)
    assert not schedule.is_over(1)
    assert schedule.take(1) == (3, 1)
    assert schedule.take(1) is None
