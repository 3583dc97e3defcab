"""Rate limits: the token bucket as a function of the time, and a worker that takes no job over its rate."""

from __future__ import annotations

from math import inf

import pytest

from disquectl.commands.work import rate
from disquectl.errors import UsageError
from disquectl.worker.rate import RateLimits, TokenBucket
from tests.support.workers import events, work, worker


def taken_until(bucket, until, step):
    count, ticks = 0, 0
    while ticks * step < until:
        now = ticks * step
        got = bucket.available(now)
        bucket.take(got, now)
        count += got
        ticks += 1
    return count


@pytest.mark.parametrize("per_second", [0.5, 1, 7, 100, 25_000])
@pytest.mark.parametrize("step", [0.001, 0.05])
def test_over_a_long_time_the_rate_holds(per_second, step):
    count = taken_until(TokenBucket(per_second, 0.0), 60.0, step)
    most = per_second * 60 + max(1, per_second / 10)
    assert most - max(2, per_second * step + 1) <= count <= most


def test_no_more_than_a_tenth_of_a_second_gathers():
    bucket = TokenBucket(100, 0.0)
    assert bucket.available(1000.0) == 10
    bucket.take(10, 1000.0)
    assert bucket.available(1000.0) == 0
    assert bucket.available(1000.01) == 1


def test_a_slow_rate_gathers_one_job_and_says_when():
    bucket = TokenBucket(1 / 60, 0.0)
    assert bucket.available(0.0) == 1
    bucket.take(1, 0.0)
    assert (bucket.available(59.0), bucket.next_at(0.0)) == (0, pytest.approx(60.0))
    assert bucket.available(60.0) == 1


def test_jobs_beyond_the_limit_delay_the_next():
    bucket = TokenBucket(1, 0.0)
    bucket.take(3, 0.0)
    assert bucket.next_at(0.0) == pytest.approx(3.0)


def test_a_worker_that_replaces_another_goes_on_with_its_tokens():
    rates = {None: 1.0, b"q": 0.5}
    before = RateLimits(rates, 0.0)
    before.take([b"q"], 0.0)
    after = RateLimits(rates, 100.0, before.tokens(0.5))
    assert before.tokens(0.5) == [0.5, 0.25]
    assert (after.room([b"q"], 100.0, 9), after.next_at(100.0)) == (0, 100.5)


def test_a_clock_that_goes_back_gives_nothing():
    bucket = TokenBucket(1, 100.0)
    bucket.take(1, 100.0)
    bucket.take(0, 50.0)
    assert bucket.available(100.5) == 0


def test_a_request_asks_for_no_more_than_its_narrowest_queue_may_give():
    limits = RateLimits({None: 500, b"mail": 20}, 0.0)
    assert limits.room([b"mail", b"sms"], 0.0, 25) == 2
    assert limits.room([b"sms"], 0.0, 25) == 25
    assert limits.room([b"sms"], 0.0, 200) == 50
    limits.take([b"mail", b"mail"], 0.0)
    assert limits.closed_queues(0.0) == {b"mail"}
    assert limits.next_at(0.0) == pytest.approx(0.05)
    assert limits.room([b"sms"], 0.0, 200) == 48
    assert limits.next_at(1.0) == inf


def test_only_queues_that_are_at_their_limit_are_closed_and_the_first_of_them_opens_next():
    limits = RateLimits({b"fast": 2, b"slow": 1, b"idle": 1}, 0.0)
    limits.take([b"fast", b"slow"], 0.0)
    assert limits.closed_queues(0.0) == {b"fast", b"slow"}
    assert limits.next_at(0.0) == pytest.approx(0.5)


def test_a_limit_of_all_jobs_closes_no_queue_and_says_when_the_next_may_be_taken():
    limits = RateLimits({None: 1, b"mail": 5}, 0.0)
    limits.take([b"sms"], 0.0)
    assert (limits.closed_queues(0.0), limits.room([b"mail"], 0.0, 9)) == (set(), 0)
    assert limits.next_at(0.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("100/s", (None, 100.0)),
        ("100", (None, 100.0)),
        ("30/m", (None, 0.5)),
        ("mail=36/h", (b"mail", 0.01)),
        ("a=b=2/s", (b"a=b", 2.0)),
    ],
)
def test_a_rate_is_read(text, read):
    assert rate(text) == read


@pytest.mark.parametrize("text", ["", "0/s", "x/s", "mail=", "5/d", "-1/s", "=5/s"])
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(UsageError):
        rate(text)


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--rate", "sms=1/s"), "--rate: this worker has no queue 'sms'"),
        (("--rate", "1/s", "--rate", "2/s"), "--rate is given twice for all queues"),
        (("--rate", "q=1/s", "--rate", "q=2/s"), "--rate is given twice for 'q'"),
    ],
)
def test_rates_that_mean_nothing_are_refused(node, args, why):
    done = work(node, "-q", "q", *args, "--", "true")
    assert done.code == 2
    assert why in done.err


def test_a_worker_takes_no_more_than_the_rate(node, client):
    for number in range(12):
        client.addjob("slow" if number % 2 else "fast", "x")
    args = ("-q", "slow", "-q", "fast", "--rate", "slow=1/h", "--max-time", "2s", "--", "true")
    with worker(node, *args) as process:
        done = events(process.communicate(timeout=30)[1].decode())
        assert process.returncode == 0
    queues = [event["queue"] for event in done if event["event"] == "done"]
    assert sorted(queues) == ["fast"] * 6 + ["slow"]
    assert client.qlen("slow") == 5


def test_a_queue_over_its_rate_does_not_keep_the_next_waiting_with_strict(node, client):
    for queue in ("slow", "slow", "fast", "fast"):
        client.addjob(queue, "x")
    # One at a time, since the first to begin may be the last to end.
    args = ("-c", "1", "-q", "slow", "-q", "fast", "--strict", "--rate", "slow=1/h", "--max-jobs", "3")
    with worker(node, *args, "--", "true") as process:
        done = events(process.communicate(timeout=30)[1].decode())
    assert [event["queue"] for event in done if event["event"] == "done"] == ["slow", "fast", "fast"]


def test_all_queues_together(node, client):
    for _ in range(20):
        client.addjob("q", "x")
    done = work(node, "-q", "q", "--rate", "20/s", "--", "true")
    totals = events(done.err)[-1]
    assert (done.code, totals["done"]) == (0, 20)
    assert totals["seconds"] >= 18 / 20
