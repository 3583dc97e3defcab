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
    ending.signalled(number, 100.0)
    assert (ending.stage, ending.was_signalled, ending.next_deadline) == (CLOSING, True, 118.0)
    assert ending.due(117.9) == []
    assert ending.due(118.0) == [TERM]
    assert (ending.stage, ending.next_deadline) == (ENDING, 123.0)
    assert ending.due(123.0) == [KILL]
    assert ending.next_deadline == ending.exit_at == 125.0


def test_a_short_grace_is_shared_out(ending):
    short = Ending(1.0)
    short.start_grace(0.0)
    assert (short.stage, short.was_signalled) == (CLOSING, False)
    assert short.next_deadline == pytest.approx(0.6)
    assert (short.due(0.7), short.next_deadline) == ([TERM], pytest.approx(0.8))
    assert (short.due(0.9), short.exit_at) == ([KILL], 1.0)


def test_repeated_term_and_hup_are_as_one(ending):
    for now, number in enumerate((signal.SIGTERM, signal.SIGTERM, signal.SIGHUP)):
        ending.signalled(number, 100.0 + now)
    assert (ending.next_deadline, ending.exit_at) == (118.0, 125.0)


def test_int_ends_the_taking_then_is_as_term_then_hurries_then_kills(ending):
    ending.signalled(signal.SIGINT, 1.0)
    assert (ending.stage, ending.is_limited, ending.next_deadline) == (CLOSING, False, inf)
    ending.signalled(signal.SIGINT, 2.0)
    assert (ending.stage, ending.next_deadline, ending.exit_at) == (CLOSING, 20.0, 27.0)
    ending.signalled(signal.SIGINT, 3.0)
    assert ending.due(3.0) == [TERM]
    assert (ending.next_deadline, ending.exit_at) == (8.0, 10.0)
    ending.signalled(signal.SIGINT, 4.0)
    assert ending.due(4.0) == [KILL]


def test_the_first_int_is_the_first_also_where_no_more_are_taken_anyway(ending):
    ending.close()
    ending.signalled(signal.SIGINT, 1.0)
    assert not ending.is_limited


def test_term_after_many_ints_does_not_hurry(ending):
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGINT, signal.SIGTERM):
        ending.signalled(number, 1.0)
    ending.due(1.0)
    ending.signalled(signal.SIGTERM, 2.0)
    assert ending.due(2.0) == []


def test_quit_ends_the_commands_at_once(ending):
    ending.signalled(signal.SIGQUIT, 1.0)
    assert ending.due(1.0) == [TERM]
    ending.signalled(signal.SIGQUIT, 2.0)
    assert ending.due(2.0) == [KILL]


def test_an_open_worker_has_nothing_due(ending):
    assert (ending.stage, ending.due(1e9), ending.next_deadline) == (OPEN, [], inf)


def test_time_for_the_nodes_is_left_also_where_the_worker_was_held_up(ending):
    ending.signalled(signal.SIGTERM, 100.0)
    assert ending.due(500.0) == [TERM, KILL]
    assert ending.exit_at == 502.0


def test_the_grace_time_does_not_run_while_the_worker_is_stopped(ending):
    ending.signalled(signal.SIGTERM, 100.0)
    ending.postpone(60.0)
    assert (ending.next_deadline, ending.exit_at) == (178.0, 185.0)


def test_a_worker_that_was_not_told_to_end_has_nothing_to_postpone(ending):
    ending.postpone(60.0)
    assert (ending.next_deadline, ending.exit_at) == (inf, inf)


def test_the_end_is_near_after_half_of_the_time_for_the_nodes(ending):
    ending.signalled(signal.SIGTERM, 100.0)
    assert not ending.is_nearly_over(123.9)
    assert ending.is_nearly_over(124.0)


@pytest.mark.parametrize(("now", "exit_at"), [(124.4, 125.0), (124.6, 126.6)])
def test_the_exit_is_postponed_where_less_than_a_quarter_of_the_time_for_the_nodes_is_left(
    ending, now, exit_at
):
    ending.signalled(signal.SIGTERM, 100.0)
    assert ending.due(118.0) == [TERM]
    assert ending.due(now) == [KILL]
    assert ending.exit_at == pytest.approx(exit_at)


def test_the_seconds_that_commands_have_are_those_before_the_first_signal_to_them(ending):
    ending.signalled(signal.SIGTERM, 100.0)
    assert (ending.seconds_left(103.0), ending.seconds_left(119.0)) == (15.0, 0.0)
    ending.due(118.0)
    assert ending.seconds_left(118.0) == 0.0
