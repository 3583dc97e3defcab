"""When a condition of `wait` is true: rules over what one look at all nodes found, and the time."""

import pytest

from disquectl.errors import NothingThere, ReplyError
from disquectl.merge.wait_rules import (
    LONGEST_PAUSE,
    GoneJobs,
    Pauses,
    Twice,
    consumers,
    is_alive,
    is_only_at,
    lengths,
    nodes,
)

ONE = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
OTHER = b"D-dcb833cf-000000000000000000000000-05a1"


def test_a_length_is_that_of_the_longest_queue():
    found = {b"mail": 3, b"sms": 7}
    for at_most, is_true in ((6, False), (7, True), (8, True)):
        verdict = lengths(found, at_most)
        assert (verdict.is_true, verdict.value, verdict.text) == (is_true, 7, "sms has 7 queued jobs")
    assert lengths({b"mail": 1}, 0).text == "mail has 1 queued job"
    assert lengths({b"\xffmail": 1}, 0).text == "\\xffmail has 1 queued job"


def test_consumers_are_those_of_the_queue_with_the_fewest():
    found = {b"mail": 2, b"sms": 1}
    for at_least, is_true in ((1, True), (2, False)):
        verdict = consumers(found, at_least)
        assert (verdict.is_true, verdict.value, verdict.text) == (is_true, 1, "sms has 1 consumer")


def test_at_least_so_many_nodes():
    assert [nodes(3, least).is_true for least in (1, 3, 4)] == [True, True, False]
    assert (nodes(1, 3).value, nodes(1, 3).text) == (1, "1 node answers")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], False),
        ([b"active"], True),
        ([b"queued", b"active"], True),
        ([b"wait-repl"], True),
        ([b"acked"], False),
        ([b"active", b"acked"], False),
    ],
)
def test_a_job_is_alive_while_a_node_has_it_and_none_has_it_acknowledged(states, expected):
    assert is_alive(states) is expected


def test_a_job_that_only_one_node_has():
    assert is_only_at("a", {"a": b"queued"})
    assert not is_only_at("a", {"a": b"queued", "b": b"active"})
    assert not is_only_at("a", {"b": b"queued"})
    assert not is_only_at("a", {"a": b"acked"})
    assert not is_only_at("a", {})


def test_twice_in_a_row():
    twice = Twice()
    assert [twice.seen(one) for one in (True, False, True, True)] == [False, False, False, True]


def test_pauses_grow_to_a_second_and_end_with_the_time():
    pauses = Pauses()
    found = [pauses.next(None) for _ in range(20)]
    assert found[0] < 0.1
    assert found == sorted(found)
    assert found[-1] == LONGEST_PAUSE == 1
    assert pauses.next(0.3) == 0.3
    assert pauses.next(-1) == 0


def test_jobs_are_gone_when_no_node_knows_them():
    jobs = GoneJobs([ONE, OTHER], gone_ok=False)
    first = jobs.seen({ONE: 60, OTHER: 60}, now=0)
    assert (first.is_true, first.value) == (False, 2)
    assert ONE.decode() in first.text
    second = jobs.seen({OTHER: 59}, now=1)
    assert (second.is_true, second.value) == (False, 1)
    assert jobs.pending == [OTHER]
    assert jobs.seen({}, now=2).is_true


def test_a_job_that_is_unknown_at_the_start():
    with pytest.raises(NothingThere, match=OTHER.decode()):
        GoneJobs([ONE, OTHER], gone_ok=False).seen({ONE: 60}, now=0)
    jobs = GoneJobs([ONE, OTHER], gone_ok=True)
    assert not jobs.seen({ONE: 60}, now=0).is_true
    assert jobs.seen({}, now=1).is_true


@pytest.mark.parametrize(("gone_at", "has_expired"), [(3, False), (8.9, False), (9, True), (30, True)])
def test_a_job_whose_ttl_ended_meanwhile(gone_at, has_expired):
    jobs = GoneJobs([ONE], gone_ok=True)
    jobs.seen({ONE: 10}, now=0)
    if has_expired:
        with pytest.raises(ReplyError, match="the TTL ended"):
            jobs.seen({}, now=gone_at)
    else:
        assert jobs.seen({}, now=gone_at).is_true


def test_the_ttl_counts_from_the_last_look():
    jobs = GoneJobs([ONE], gone_ok=False)
    jobs.seen({ONE: 10}, now=0)
    jobs.seen({ONE: 10}, now=5)
    assert jobs.seen({}, now=12).is_true
