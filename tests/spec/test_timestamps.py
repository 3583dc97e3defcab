"""addjob --at: a point in time as a delay."""

from __future__ import annotations

import time

import pytest

from disquectl.errors import UsageError
from disquectl.spec.timestamps import Times, seconds_until, unix_seconds

# 2026-12-24T17:00:00Z
EVE = 1_798_131_600


def test_local_time_with_an_offset_and_in_utc():
    assert seconds_until("2026-12-24T17:00", EVE - 60) == 60  # the tests' local time is UTC
    assert seconds_until("2026-12-24T18:00+01:00", EVE - 60) == 60
    assert seconds_until("2026-12-24T17:00:30Z", EVE) == 30
    assert seconds_until("2026-12-24 17:00", EVE - 0.5) == 1


def test_local_time_is_that_of_the_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert seconds_until("2026-12-24T18:00", EVE - 60) == 60
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-12-24", "18:00", "2026-13-01T00:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError):
        seconds_until(text, EVE)


def test_what_is_over_is_refused():
    with pytest.raises(UsageError, match="in the past"):
        seconds_until("2026-12-24T16:59", EVE)


def test_the_job_is_delayed_until_then(disquectl, node):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    job_id = disquectl("addjob", "q", "later", "--at", at).out.strip()
    delay = int(disquectl("show", job_id, "--columns", "delay", "-o", "plain").out)
    assert 3500 < delay <= 3600


def test_after_the_ttl_it_is_refused(disquectl):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2 * 86400))
    refused = disquectl("addjob", "q", "later", "--at", at)
    assert (refused.code, refused.out) == (2, "")
    assert "--ttl" in refused.err
    assert disquectl("addjob", "q", "later", "--at", at, "--ttl", "3d").code == 0
    assert disquectl("addjob", "q", "later", "--at", at, "--delay", "5").code == 2


@pytest.mark.parametrize("read", [unix_seconds, Times().read])
def test_points_in_time_of_a_file(read):
    for _ in range(2):
        assert read("2026-12-24T17:00:00.250Z") == EVE + 0.25
        assert read("2026-12-24T17:00:00.750Z") == EVE + 0.75
    assert read("2026-12-24T17:00:00Z") == EVE
    assert read("2026-12-24T18:00:00+01:00") == EVE
    assert read("2026-12-24T17:00:00") == EVE, "without an offset it is UTC"


@pytest.mark.parametrize(
    "text", ["", "soon", 5, None, "2026-12-24T17:00:61.000Z", "2026-12-24T17:00:00.1_1Z"]
)
def test_what_is_no_point_in_time(text):
    for read in (unix_seconds, Times().read):
        with pytest.raises(UsageError, match="not a time"):
            read(text)
