"""Numbers as people read them."""

import time

import pytest

from disquectl.render.human import ago, counted, duration, show, since, size


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"),
        (0.23, "230ms"),
        (6.23, "6.2s"),
        (6.0, "6s"),
        (59, "59s"),
        (60, "1m"),
        (330, "5m 30s"),
        (3600, "1h"),
        (3605, "1h"),
        (7380, "2h 3m"),
        (86400 * 12 + 4 * 3600, "12d 4h"),
        (-90, "-1m 30s"),
    ],
)
def test_durations_have_two_units_at_most(seconds, expected):
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_258_291, "1.2 MiB"),
        (1024**2 - 1, "1.0 MiB"),
        (1024**3, "1.0 GiB"),
        (-2048, "-2.0 KiB"),
        (1024**6, "1024.0 PiB"),
    ],
)
def test_sizes_count_in_1024(count, expected):
    assert size(count) == expected


@pytest.mark.parametrize(
    ("age_ms", "expected"),
    [(0, "just now"), (999, "just now"), (320_000, "5m ago"), (-320_000, "in 5m"), (86_400_000, "1d ago")],
)
def test_ages_have_one_unit(age_ms, expected):
    assert ago(age_ms) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (2048, "bytes", "2.0 KiB"),
        (300, "seconds", "5m"),
        (1500, "ms", "1.5s"),
        (50, "ms", "50ms"),
        (900, "us", "900 µs"),
        (2500, "us", "2ms"),
        (1_795_310_711_560_000_000, "ctime_ns", "5m ago"),
        (1_795_310_711, "unix", "2026-11-22 01:25:11"),
        (300, "text", "300"),
        (4.87, "text", "4.87"),
    ],
)
def test_a_kind_says_how_a_number_is_shown(value, kind, expected):
    assert show(value, kind, 1_795_311_031_560) == expected


def test_without_the_time_now_a_creation_time_is_the_point_itself():
    assert show(1_795_310_711_560_000_000, "ctime_ns", None) == "2026-11-22 01:25:11"


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """Set the time zone of the process; UTC until a test sets another."""

    def change(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    change("UTC")
    yield change
    monkeypatch.undo()
    time.tzset()


def test_a_point_in_time_is_in_local_time(zone):
    zone("CET-1")
    assert show(1_795_310_711, "unix", None) == "2026-11-22 02:25:11"


def test_a_point_as_in_iso_8601_is_relative():
    assert since("2026-11-22T01:25:11Z", 1_795_310_711_000 + 300_000) == "5m ago"
    assert since("yesterday", 0) == "yesterday"


def test_a_count_of_one_is_singular():
    assert [counted(number, "job") for number in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]
    assert counted(1_200, "job") == "1,200 jobs"
    assert [counted(number, "job is", "jobs are") for number in (1, 2)] == ["1 job is", "2 jobs are"]
