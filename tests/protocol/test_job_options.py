"""The limits of what a job can be given, by every way in: client, command line, JSON lines, letters."""

import pytest

from disquectl import Client, UsageError
from disquectl.bulk import jsonl
from disquectl.protocol.job_options import check_numbers, check_wait, number_words
from disquectl.spec.param_types import wait_milliseconds
from disquectl.worker.dead_letters import revival

NOW = 1_800_000_000
# What Disque 1.0-rc1 would wrap around, or refuse.
WRONG = {
    "replicate": (0, 2**16, -1, True, "2", 1.5),
    "delay": (-1, 2**32, 2**64),
    "retry": (-1, 2**32, 2**32 + 60, False),
    "ttl": (0, -5, 30 * 86_400 * 1000, 2**32 + 3600, 2**32 - 1),
    "maxlen": (0, 2**63),
}
CASES = [(name, value) for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_number_that_would_wrap_around_is_a_usage_error(name, value):
    with pytest.raises(UsageError, match=name):
        check_numbers({name: value}, NOW)


def test_the_default_ttl_has_to_end_in_time_too():
    check_numbers({}, 2**32 - 86_401)
    with pytest.raises(UsageError, match="2106"):
        check_numbers({}, 2**32 - 86_399)


def test_the_largest_numbers_are_fine():
    largest = {"replicate": 65535, "delay": 2**32 - 1, "retry": 2**32 - 1, "ttl": 2**32 - 1 - NOW}
    check_numbers(largest | {"maxlen": 2**63 - 1}, NOW)
    check_numbers({"retry": 0, "delay": 0, "ttl": 1, "replicate": None}, NOW)
    assert number_words({"ttl": 5, "retry": 0, "delay": None}) == [b"RETRY", b"0", b"TTL", b"5"]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_the_client_sends_no_job_with_it(name, value, refuses_connections):
    with pytest.raises(UsageError, match=name):
        refuses_connections.addjob("q", "b", **{name: value})


@pytest.mark.parametrize("wait_ms", [-1, 2**62 + 1, 2**63 - 1, 1.5, True, None])
def test_the_client_waits_for_no_time_that_would_wrap_around(wait_ms, refuses_connections):
    with pytest.raises(UsageError, match="timeout_ms"):
        refuses_connections.addjob("q", "b", wait_ms)
    with pytest.raises(UsageError, match="timeout_ms"):
        refuses_connections.getjob("q", timeout_ms=wait_ms)


def test_neither_does_the_command_line():
    check_wait("x", 2**62)
    assert wait_milliseconds(f"{2**62}ms") == 2**62
    with pytest.raises(UsageError, match="too long"):
        wait_milliseconds(f"{2**62 + 1}ms")


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, v in CASES if type(v) is int])
def test_neither_does_a_line_of_json(name, value):
    with pytest.raises(UsageError, match=name):
        jsonl.read(b'{"body": "b", "%s": %d}' % (name.encode(), value))


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, v in CASES if n in {"retry", "ttl", "replicate"}])
def test_nor_a_dead_letter(name, value):
    letter = {"queue": b"q", "body": b"b", "retry": 60, "ttl": 600, "replicate": 1}
    assert b"RETRY" in revival(letter)
    with pytest.raises(UsageError, match=name):
        revival(letter | {name: value})


class Unconnected(Client):
    """Fails the test where it would connect."""

    def _request(self, *_):
        raise AssertionError("it was sent")


@pytest.fixture
def refuses_connections():
    return Unconnected()
