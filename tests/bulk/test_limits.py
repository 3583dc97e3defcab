"""When getjob in quantity stops, how many jobs it asks for, and how long a request waits."""

import pytest

from disquectl.bulk.limits import FIRST_COUNT, REPLY_BYTES, Limits


def limits(follow=True, response_timeout_ms=30_000, **values):
    return Limits(values, follow=follow, max_count=1_000, response_timeout_ms=response_timeout_ms, now=100.0)


def some(count, size=1):
    return [{"id": "x", "body": b"x" * size}] * count


def test_without_a_count_one_job_is_taken():
    assert limits(follow=False).next_count() == 1


@pytest.mark.parametrize(("size", "count"), [(0, 1_000), (REPLY_BYTES // 10, 9), (2 * REPLY_BYTES, 1)])
def test_the_next_count_follows_from_the_size_of_the_last_bodies(size, count):
    one = limits()
    assert one.next_count() == FIRST_COUNT
    one.add(some(2, size), 100.0)
    assert one.next_count() == count


@pytest.mark.parametrize(
    ("how", "first"),
    [({"max_jobs": 5}, 5), ({"follow": False, "count": 5}, 5), ({"max_jobs": 5, "count": 2}, 2)],
)
def test_no_more_is_asked_for_than_may_be_taken(how, first):
    one = limits(**how)
    assert one.next_count() == first
    one.add(some(4), 100.0)
    assert one.next_count() == 1
    one.add(some(1), 100.0)
    assert one.next_count() == 0


@pytest.mark.parametrize(("response_timeout_ms", "wait_ms"), [(1, 1_000), (5_000, 5_000), (10**9, 60_000)])
def test_a_request_waits_as_long_as_the_response_timeout_within_bounds(response_timeout_ms, wait_ms):
    assert limits(response_timeout_ms=response_timeout_ms).next_wait_ms(1e6) == wait_ms


def test_the_idle_time_counts_from_the_last_job():
    one = limits(idle=2_000)
    assert one.next_wait_ms(101.5) == 500
    one.add(some(1), 101.5)
    assert one.next_wait_ms(102.0) == 1_500
    assert one.next_wait_ms(200.0) == 0


def test_without_follow_only_the_first_job_is_waited_for():
    one = limits(follow=False, count=2_000)
    assert one.next_wait_ms(100.0) == 30_000
    assert limits(follow=False, timeout=500).next_wait_ms(100.0) == 500
    assert limits(follow=False, nohang=True).next_wait_ms(100.0) == 0
    one.add(some(1), 100.0)
    assert one.next_wait_ms(100.0) == 0
