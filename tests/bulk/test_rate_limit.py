"""How the rate of a command on many jobs is limited."""

import pytest

from disquectl.bulk.rate_limit import RateLimit


def test_a_batch_is_a_tenth_of_a_second_at_most():
    assert RateLimit(None).batch_size(500) == 500
    assert [RateLimit(rate).batch_size(500) for rate in (1, 9, 10, 1000, 10**6)] == [1, 1, 1, 100, 500]


class FakeTime:
    """A clock that runs only while something waits for it."""

    def __init__(self):
        self.now = 1000.0
        self.waits = []

    def monotonic(self):
        return self.now

    def select(self, _read, _write, _failed, seconds):
        self.waits.append(round(seconds, 3))
        self.now += seconds


def test_it_waits_so_that_the_rate_is_kept(monkeypatch):
    clock = FakeTime()
    monkeypatch.setattr("disquectl.bulk.rate_limit.time", clock)
    monkeypatch.setattr("disquectl.bulk.rate_limit.select", clock)
    limit = RateLimit(100)
    for _ in range(10):
        limit.wait(10, 0)
    assert clock.now == pytest.approx(1001.0)
    clock.now += 3600  # what was not used up counts for a second at most
    before = clock.now
    for _ in range(30):
        limit.wait(10, 0)
    assert clock.now - before == pytest.approx(2.0)
    RateLimit(None).wait(10**9, 0)
    assert max(clock.waits) == 0.1
