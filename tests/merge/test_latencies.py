"""A histogram of latencies: percentiles within 1.6 %, bounded memory, ranges for people."""

import random
from math import ceil

import pytest

from disquectl.merge.latencies import FIELDS, PERCENTILES, Latencies


def latencies(*seconds):
    found = Latencies()
    for one in seconds:
        found.add(one)
    return found


def test_nothing():
    assert latencies().record() == dict.fromkeys(FIELDS)
    assert list(latencies().ranges()) == []


def test_one():
    assert set(latencies(0.0012345).record().values()) == {1.234} or set(
        latencies(0.0012345).record().values()
    ) == {1.235}


@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1])
def test_percentiles_are_those_of_all_values_within_the_width_of_a_bucket(scale):
    chance = random.Random(7)
    values = sorted(chance.expovariate(1) * scale + 1e-6 for _ in range(20_000))
    record = latencies(*values).record()
    assert record["min"] == round(values[0] * 1000, 3)
    assert record["max"] == round(values[-1] * 1000, 3)
    for name, percent in PERCENTILES.items():
        exact = values[ceil(len(values) * percent / 100) - 1] * 1000
        assert exact * (1 - 1 / 64) - 0.001 <= record[name] <= exact


def test_memory_is_bounded():
    found = Latencies()
    for us in range(1, 3_000_000, 7):
        found.add(us / 1_000_000)
    found.add(86_400)
    assert len(found.counts) < 2_000


def test_a_count_is_that_many():
    found = latencies(0.001)
    found.add(0.1, 99)
    assert found.record()["p50"] == pytest.approx(100, rel=0.02)
    found.add(0.001, 900)
    assert found.record()["p50"] == 1.0


def test_several_are_merged_as_if_counted_together():
    chance = random.Random(3)
    values = [chance.random() for _ in range(1_000)]
    together, first, second = latencies(*values), latencies(*values[:300]), latencies(*values[300:])
    first.merge(second)
    first.merge(Latencies())
    assert (first.record(), first.counts) == (together.record(), together.counts)
    empty = Latencies()
    empty.merge(together)
    assert empty.record() == together.record()


def test_parts():
    found = latencies(0.001, 0.5)
    assert Latencies.from_parts(found.parts()).record() == found.record()


def test_ranges():
    found = latencies(0.00015, 0.00019, 0.0003, 0.004)
    assert list(found.ranges()) == [
        (0.1, 0.2, 2),
        (0.2, 0.5, 1),
        (0.5, 1, 0),
        (1, 2, 0),
        (2, 5, 1),
    ]
    assert [one[2] for one in latencies(0.000005).ranges()] == [1]
    assert list(latencies(30).ranges()) == [(20_000, 50_000, 1)]
