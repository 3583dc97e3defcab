"""What round trips add up to."""

import pytest

from disquectl.merge.round_trips import FIELDS, RoundTrips, median, percentile


def test_the_record_of_some_round_trips():
    trips = RoundTrips()
    for seconds in (0.003, None, 0.001, 0.0020004):
        trips.add(seconds)
    record = trips.record()
    assert tuple(record) == FIELDS
    assert record == {
        "times": [3.0, None, 1.0, 2.0],
        "lost": 1,
        "min": 1.0,
        "median": 2.0,
        "mean": 2.0,
        "p99": 3.0,
        "max": 3.0,
    }


def test_the_record_of_losses_alone():
    trips = RoundTrips()
    trips.add(None)
    record = trips.record()
    assert (record["times"], record["lost"]) == ([None], 1)
    assert {record[name] for name in FIELDS[2:]} == {None}


def test_the_median_of_an_even_number():
    assert median([1.0, 2.0, 4.0, 9.0]) == 3.0
    assert median([]) is None


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (99, 99), (100, 99), (101, 100), (200, 198)])
def test_a_percentile_by_nearest_rank(count, expected):
    assert percentile([float(n) for n in range(1, count + 1)], 99) == expected
