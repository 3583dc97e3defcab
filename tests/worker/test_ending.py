"""The order in which a worker ends, by the clock and by signals."""

from __future__ import annotations

import signal
from math import inf

import pytest

from disquectl.worker.ending import CLOSING, ENDING, KILL, OPEN, TERM, Ending


@pytest.fixture
def ending():
    return Ending(25.0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_commands_run_on_and_are_ended_near_the_end_of_the_grace(ending, number):
    ending.told(number, 100.0)
    assert (ending.stage, ending.was_told, ending.next_deadline) == (CLOSING, True, 118.0)
    assert ending.due(117.9) == []
    assert ending.due(118.0) == [TERM]
    assert (ending.stage, ending.next_deadline) == (ENDING, 123.0)
    assert ending.due(123.0) == [KILL]
    assert ending.next_deadline == ending.leave_at == 125.0


def test_a_short_grace_is_shared_out(ending):
    short = Ending(1.0)
    short.leave(0.0)
    assert short.next_deadline == pytest.approx(0.6)
    assert (short.due(0.7), short.next_deadline) == ([TERM], pytest.approx(0.8))
    assert (short.due(0.9), short.leave_at) == ([KILL], 1.0)


def test_repeated_term_and_hup_are_as_one(ending):
    for now, number in enumerate((signal.SIGTERM, signal.SIGTERM, signal.SIGHUP)):
        ending.told(number, 100.0 + now)
    assert (ending.next_deadline, ending.leave_at) == (118.0, 125.0)


def test_int_ends_the_taking_then_is_as_term_then_hurries_then_kills(ending):
    ending.told(signal.SIGINT, 1.0)
    assert (ending.stage, ending.is_limited, ending.next_deadline) == (CLOSING, False, inf)
    ending.told(signal.SIGINT, 2.0)
    assert (ending.stage, ending.next_deadline, ending.leave_at) == (CLOSING, 20.0, 27.0)
    ending.told(signal.SIGINT, 3.0)
    assert ending.due(3.0) == [TERM]
    assert (ending.next_deadline, ending.leave_at) == (8.0, 10.0)
    ending.told(signal.SIGINT, 4.0)
    assert ending.due(4.0) == [KILL]


def test_the_first_int_is_the_first_also_where_no_more_are_taken_anyway(ending):
    ending.close()
    ending.told(signal.SIGINT, 1.0)
    assert not ending.is_limited


def test_term_after_many_ints_does_not_hurry(ending):
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        ending.told(number, 1.0)
    ending.due(1.0)
    ending.told(signal.SIGTERM, 2.0)
    assert ending.due(2.0) == []


def test_quit_ends_the_commands_at_once(ending):
    ending.told(signal.SIGQUIT, 1.0)
    assert ending.due(1.0) == [TERM]
    ending.told(signal.SIGQUIT, 2.0)
    assert ending.due(2.0) == [KILL]


def test_an_open_worker_has_nothing_due(ending):
    assert (ending.stage, ending.due(1e9), ending.next_deadline) == (OPEN, [], inf)
