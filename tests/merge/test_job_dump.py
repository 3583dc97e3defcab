"""The records of a dump: times by the node's clock, the exact TTL, when a job is due."""

import pytest

from disquectl.merge.clocks import Clocks
from disquectl.merge.job_dump import DUMP_FIELDS, DumpRecords, whole_ttl
from tests.support.scanned_nodes import job_id, node_id, replica

MADE_MS = 1_800_000_000_250
NODE_A = node_id("a").decode()


def clocks(**ahead_ms):
    found = Clocks()
    for letter, ahead in ahead_ms.items():
        found.add(letter * 40, ahead)
    return found


def record(state="queued", *, after_ms=10_500, ahead=None, node="a", **values):
    """The record of a job that was seen this long after it was created."""
    known = clocks(**(ahead or {}))
    one = replica(1, **({"end": "05a1", "ctime": MADE_MS * 1_000_000 + 7, "ttl": 86_390, "repl": 2} | values))
    name = node_id(node).decode()
    node_ms = MADE_MS - known.of_maker(one[1]) + after_ms + known.ahead_of(name)
    (found,) = DumpRecords(known).columns([one], [state], node_ms, name)
    return found


def test_a_queued_job():
    assert record() == {
        "id": job_id(1).decode(),
        "queue": b"q",
        "body": b"body",
        "created": "2027-01-15T08:00:00.250Z",
        "expires": "2027-01-16T08:00:00.250Z",
        "ttl": 86_400,
        "retry": 60,
        "delay": 0,
        "due": None,
        "replicate": 2,
        "nacks": 0,
        "additional_deliveries": 0,
        "state": "queued",
    }
    assert tuple(record()) == DUMP_FIELDS


@pytest.mark.parametrize(
    ("state", "values", "due"),
    [
        ("queued", {"next_requeue_within": 50_000}, None),
        ("delayed", {"next_requeue_within": 1, "delay": 100}, "2027-01-15T08:01:40.250Z"),
        ("in-flight", {"next_requeue_within": 50_000}, "2027-01-15T08:01:00.750Z"),
        ("in-flight", {"next_requeue_within": None}, None),
        ("unknown", {"next_requeue_within": 1500}, "2027-01-15T08:00:12.250Z"),
        # It ends before.
        ("in-flight", {"next_requeue_within": 90_000_000}, None),
    ],
)
def test_when_a_job_is_due(state, values, due):
    assert record(state, **values)["due"] == due


def test_the_clock_of_another_node_does_not_change_the_ttl():
    """The job was made at a node whose clock is 5 minutes behind that of the node that sends the replica."""
    one = record(ahead={"a": -300_000, "b": 100}, node="b", ttl=86_391)
    assert (one["created"], one["ttl"]) == ("2027-01-15T08:05:00.250Z", 86_400)
    assert one["expires"] == "2027-01-16T08:05:00.250Z"


def test_clocks_that_hardly_differ_leave_the_creation_as_it_is():
    assert record(ahead={"a": 900})["created"] == "2027-01-15T08:00:00.250Z"


@pytest.mark.parametrize(
    ("end", "estimate", "early", "copy", "ttl"),
    [
        (b"05a1", 86_400, False, False, 86_400),
        (b"05a1", 86_399, False, False, 86_400),
        (b"05a0", 86_399, False, False, 86_400),
        (b"05a1", 86_401, False, True, 86_400),
        (b"05a1", 86_401, False, False, 86_401),
        (b"0001", 61, False, False, 61),
        (b"0001", 59, False, False, 59),
        (b"0001", 59, True, False, 60),
        (b"0001", 60, True, True, 60),
        (b"0001", 61, True, False, 61),
        (b"0001", 61, True, True, 60),
        (b"0003", 119, False, False, 120),
        (b"0001", 120, False, False, 119),
        (b"ffff", 4_000_001, False, False, 4_000_001),
        (b"zzzz", 77, True, True, 77),
    ],
)
def test_the_end_of_the_id_corrects_an_estimate_that_is_off_by_one(end, estimate, early, copy, ttl):
    assert whole_ttl(end, estimate, early, copy) == ttl


def test_a_job_never_ends_before_it_is_due():
    assert record(delay=86_400, ttl=86_389, end="0001")["ttl"] == 86_401
