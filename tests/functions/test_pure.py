"""The parts of `work --call` that are functions of their arguments."""

from __future__ import annotations

import os
import select
from dataclasses import replace

import pytest

from disquectl.client.address import Node
from disquectl.errors import OutcomeUnknown, UsageError
from disquectl.functions.direct_acks import DirectAcks
from disquectl.functions.entry import entries_of
from disquectl.functions.messages import Frames, end_of, exit_code, framed, share
from disquectl.functions.outcome import failure_of, rejection_of
from disquectl.functions.place import Place
from disquectl.functions.prefetch import Prefetch
from disquectl.functions.results import Results
from disquectl.functions.settings import with_settings
from disquectl.jobs import Function, Reject, Retry, arguments_of, body_of, current_job, job
from disquectl.worker.backoff import Backoff
from disquectl.worker.plan import Plan

NODE, OTHER = Node("127.0.0.1", 1), Node("127.0.0.1", 2)
ID = b"D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
PLAN = Plan((), ((b"q", 1),), Backoff())


def caught(problem):
    try:
        raise problem
    except BaseException as same:
        return same


def entry(job_id=ID, node=NODE, taken=0.0):
    (one,) = entries_of([[b"q", job_id, b"[1]", b"nacks", 2, b"additional-deliveries", 1]], node, taken)
    return one


# The job


def test_a_wake_that_is_late_leaves_the_loop_nothing_to_spin_on(monkeypatch):
    results = Results()
    write = os.write

    def late(fd, data):
        # The loop takes the result before the thread has written.
        results.take()
        return write(fd, data)

    monkeypatch.setattr("disquectl.functions.results.os.write", late)
    results.add(entry())
    results.wake()
    monkeypatch.undo()
    while select.select([results.fd], [], [], 0)[0]:
        results.clear()
    results.wake()
    assert select.select([results.fd], [], [], 0)[0]
    results.close()


def test_the_job_that_a_function_gets():
    one = entry()
    assert (one.id, one.queue, one.body, one.json()) == (ID.decode(), "q", b"[1]", [1])
    assert (one.attempt, one.nacks, one.additional_deliveries) == (3, 2, 1)


@pytest.mark.parametrize("reply", [b"x", [1], [[b"q", ID, b"x"]], [[b"q", ID, None, b"n", 0, b"d", 0]]])
def test_a_reply_of_another_shape(reply):
    with pytest.raises(OutcomeUnknown):
        entries_of(reply, NODE, 0.0)


def test_outside_of_a_worker_there_is_no_current_job():
    with pytest.raises(LookupError):
        current_job()


# Bodies


@pytest.mark.parametrize("args", [([], {}), (["a", 1, None], {}), ([1], {"b": [2]}), ([], {"ü": "é"})])
def test_arguments_come_back(args):
    assert arguments_of(body_of(*args)) == args


def test_bodies_have_the_format_of_the_page():
    assert body_of(["a"], {}) == b'["a"]'
    assert body_of(["a"], {"b": 1}) == b'{"args":["a"],"kwargs":{"b":1}}'


@pytest.mark.parametrize("body", [b"", b"x", b"1", b'{"a": 1}', b'{"args": 1}', b"\xff", b'"a"'])
def test_other_bodies_are_refused(body):
    with pytest.raises(ValueError, match="neither a JSON array"):
        arguments_of(body)


@pytest.mark.parametrize("value", [object(), float("nan"), b"bytes", {1, 2}])
def test_arguments_that_are_not_json_are_refused(value):
    with pytest.raises(UsageError):
        body_of([value], {})


def test_a_decorated_function_is_still_a_function():
    @job(queue="mail")
    def add(a, b=1):
        """Add."""
        return a + b

    assert isinstance(add, Function)
    assert (add(1, b=2), add.queue, add.__doc__, add.__name__) == (3, "mail", "Add.", "add")


# Outcomes


def test_a_traceback_is_cut_and_its_last_line_is_the_reason():
    failure = failure_of(caught(ValueError("no such address")), 2)
    assert failure.why == "ValueError: no such address"
    assert failure.stderr.decode().endswith("ValueError: no such address")
    assert len(failure.stderr.splitlines()) == 2
    assert failure_of(caught(ValueError("x")), 0).stderr == b""
    assert failure_of(caught(ValueError("x")), 20, skip=[__file__]).stderr == b"ValueError: x"


def test_a_reason_fits_into_a_line_of_the_log():
    long = "x" * 3_000_000
    assert failure_of(caught(ValueError(long)), 20).why == "ValueError: " + "x" * 1987 + "\u2026"
    assert rejection_of(Reject(long)) == "x" * 1999 + "\u2026"
    assert len(failure_of(caught(Retry(long)), 20).why) == 2000


def test_an_exception_that_cannot_be_shown():
    class Bad(Exception):
        def __str__(self):
            raise RuntimeError

    assert "Bad" in failure_of(caught(Bad()), 5).why


def test_retry_and_reject():
    failure = failure_of(caught(Retry("busy", after=7)), 5)
    assert (failure.why, failure.after) == ("busy", 7)
    assert rejection_of(Reject("gone")) == "gone"
    assert rejection_of(Reject())
    assert not rejection_of(ValueError())
    for after in (-1, 2**32, float("nan")):
        with pytest.raises(UsageError):
            Retry(after=after)


# Prefetch


def test_nothing_is_taken_in_advance_before_the_pace_is_known():
    assert Prefetch().in_advance(10, 0.0) == 0


def test_jobs_in_advance_can_begin_within_a_tenth_of_a_second():
    prefetch = Prefetch()
    prefetch.ended(10, 0.1)
    assert prefetch.in_advance(2, 0.0) == 20
    assert prefetch.in_advance(2, 0.05) == 4
    assert prefetch.in_advance(2, 1.0) == 0
    prefetch.ended(1, 1.0)
    assert prefetch.in_advance(2, 0.0) == 0


def test_quick_functions_have_a_limit():
    prefetch = Prefetch()
    prefetch.ended(1000, 0.0)
    assert prefetch.in_advance(1, 0.0) == 400


# Settings


def test_settings_of_the_function_apply_unless_there_is_an_option():
    settings = {"max_retries": 3, "backoff": "5s,3,1m", "timeout": "2m", "dead": "graves", "ttl": 9}
    plan = with_settings(PLAN, (), "mail", settings)
    assert (plan.max_retries, plan.timeout, plan.dead_queue) == (3, 120.0, b"graves")
    assert plan.backoff == Backoff(5.0, 3.0, 60.0)
    assert plan.queues == ((b"q", 1),)
    assert with_settings(PLAN, {"max_retries", "backoff", "timeout", "dead"}, "mail", settings) == PLAN
    assert with_settings(PLAN, {"no_dead"}, None, {"dead": "graves"}) == PLAN


def test_the_queue_of_the_function():
    plan = Plan((), (), Backoff())
    assert with_settings(plan, (), "mail", {"dead": False}).queues == ((b"mail", 1),)
    assert not with_settings(plan, (), "mail", {"dead": False}).keep_dead
    with pytest.raises(UsageError):
        with_settings(plan, (), None, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": True},
        {"backoff": "x"},
        {"backoff": -1},
        {"timeout": 0},
        {"dead": 1},
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        with_settings(PLAN, (), None, wrong)


def test_processes_share_jobs_and_places():
    plan = Plan((), ((b"q", 1),), Backoff(), max_jobs=7, hold=10, rates=((None, 30.0), (b"q", 3.0)))
    shares = [share(plan, index, 3) for index in range(3)]
    assert [one.max_jobs for one in shares] == [3, 2, 2]
    assert {one.hold for one in shares} == {4}
    assert {one.rates for one in shares} == {((None, 10.0), (b"q", 1.0))}
    assert share(PLAN, 0, 2).max_jobs is None


def test_the_next_process_at_a_place_has_what_is_left_of_the_limits():
    place = Place(Plan((), ((b"q", 1),), Backoff(), max_jobs=10, max_time=60.0, rates=((None, 5.0),)))
    place.begin(100.0)
    place.took(4, [0.5])
    plan = place.next_plan(120.0)
    assert (plan.max_jobs, plan.max_time, plan.tokens) == (6, 40.0, (0.5,))
    place.took(3)
    assert place.next_plan(120.0).tokens is None
    assert place.next_plan(160.0) is None
    place.took(3)
    assert place.next_plan(120.0) is None


def test_without_limits_the_next_process_has_the_same_plan():
    assert Place(PLAN).next_plan(1e9) == PLAN


def test_time_begins_when_the_worker_does_and_only_once():
    place = Place(replace(PLAN, max_time=60.0))
    assert place.next_plan(100.0).max_time == 60.0
    place.begin(100.0)
    place.begin(150.0)
    assert place.next_plan(150.0).max_time == 10.0


def test_after_an_unexpected_end_the_next_process_is_due_after_a_pause_that_doubles():
    place = Place(PLAN)
    assert [place.start_later(0.0, 1.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert place.due == 31.0
    assert place.start_later(0.0, 31.0) == 1


def test_the_next_process_begins_where_the_last_one_took_jobs():
    place, (one, two) = Place(PLAN), (Node("a", 1), Node("b", 1))
    assert place.seeds([one, two]) == (one, two)
    place.took(0, node=two)
    place.took(0)
    assert place.seeds([one, two]) == (two, one)


def test_a_process_runs_as_many_functions_as_those_that_it_replaces_leave():
    place = Place(replace(PLAN, concurrency=10))
    assert [place.limit(running) for running in ([], [3], [3, 4], [11])] == [10, 7, 3, 0]


# Acknowledgement


def test_one_request_for_all_jobs_of_a_node():
    acks = DirectAcks()
    here, there = entry(), entry(b"D-60c335b3-zzzaWu63Ny89fXBPj66cnFnU-05a1", OTHER)
    assert acks.add([here, there], 0.5) == []
    requests = acks.requests()
    assert [(one.words, one.node) for one in requests] == [
        ((b"ACKJOB", here.id), NODE),
        ((b"ACKJOB", there.id), OTHER),
    ]
    assert acks
    assert not acks.requests()
    for request in requests:
        acks.answered(request)
    assert not acks


def test_a_job_is_there_until_its_acknowledgement_is_answered():
    acks = DirectAcks()
    acks.add([entry(taken=1.0)], 1.0)
    assert acks.has(ID.decode())
    (request,) = acks.requests()
    assert acks.has(ID.decode())
    assert not acks.has("other")
    acks.answered(request)
    assert not acks.has(ID.decode())


def test_a_job_that_was_delivered_long_ago_is_not_acknowledged_unasked():
    acks, old = DirectAcks(), entry()
    assert acks.add([old], 1.5) == [old]
    assert not acks


def test_frames_in_any_pieces():
    data = framed(["a"]) + framed({"b": 1})
    frames, found = Frames(), []
    for at in range(len(data)):
        found += frames.feed(data[at : at + 1])
    assert found == [["a"], {"b": 1}]


@pytest.mark.parametrize("code", [0, 3, 5])
@pytest.mark.parametrize("was_signalled", [False, True])
def test_how_a_process_ended_by_itself(code, was_signalled):
    assert end_of(exit_code(code, was_signalled=was_signalled)) == (code, True, was_signalled)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 5, 75, 81, 255, -9])
def test_how_a_process_was_ended(code):
    assert end_of(code) == (code, False, False)
