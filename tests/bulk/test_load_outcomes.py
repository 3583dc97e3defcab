"""The outcome of each line that load sent: added, left or unknown, and where --skip goes on."""

import pytest

from disquectl.bulk.load_outcomes import LoadOutcomes, record_of
from disquectl.bulk.load_plan import EMPTY, NOT_SELECTED, PlannedLine
from disquectl.bulk.summary import DONE, LEFT, SKIPPED, UNKNOWN
from disquectl.errors import DisquectlError, OutcomeUnknown, ReplyError
from tests.bulk.ranges import numbers_in

NEW = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
PAUSED = ReplyError("PAUSED Queue paused in input, try later")
NO_REPLICAS = ReplyError("NOREPL Not enough reachable nodes for the requested replication level")
IN_DOUBT = [
    OutcomeUnknown("no answer came", ""),
    ReplyError("NOREPL Timeout reached before replicating to the requested number of nodes"),
    ReplyError("NOREPL job removed (expired?) before the requested replication level was achieved"),
]


def lines_of(first, count):
    return [PlannedLine(number) for number in range(first, first + count)]


def ended(number, kind, reason=""):
    """A line whose outcome was known before it was sent."""
    line = PlannedLine(number)
    line.kind, line.reason = kind, reason
    return line


def counts(outcomes):
    return {kind: count for kind, count in outcomes.summary.counts.items() if count}


def test_a_batch_that_was_added_has_nothing_to_report():
    outcomes, lines = LoadOutcomes(10), lines_of(11, 3)
    assert outcomes.add(lines, [NEW] * 3) == []
    assert [(line.kind, line.new_id) for line in lines] == [(DONE, NEW)] * 3
    assert (counts(outcomes), outcomes.lines.last, outcomes.refusal) == ({DONE: 3}, 13, "")


@pytest.mark.parametrize("answer", IN_DOUBT)
def test_a_job_that_may_have_been_added_is_unknown(answer):
    outcomes, lines = LoadOutcomes(0), lines_of(1, 3)
    assert outcomes.add(lines, [NEW, answer, NEW]) == [lines[1]]
    assert counts(outcomes) == {DONE: 2, UNKNOWN: 1}
    assert (numbers_in(str(outcomes.lines.unknown)), outcomes.refusal) == ([2], "")
    assert isinstance(outcomes.summary.error(is_complete=True), OutcomeUnknown)
    assert record_of(lines[1])["error"] == answer.message


def test_a_job_that_was_refused_is_left_and_the_first_refusal_is_kept():
    outcomes, lines = LoadOutcomes(0), lines_of(1, 4)
    refused = [PAUSED, NO_REPLICAS, DisquectlError("no node answers")]
    assert outcomes.add(lines, [NEW, *refused]) == lines[1:]
    assert counts(outcomes) == {DONE: 1, LEFT: 3}
    assert outcomes.summary.reasons == {(LEFT, refusal.message): 1 for refusal in refused}
    assert (outcomes.refusal, outcomes.lines.refused) == ("PAUSED", 3)


def test_lines_that_were_not_sent_are_those_after_skip_or_gaps():
    outcomes, lines = LoadOutcomes(0), lines_of(1, 5)
    assert outcomes.add(lines[:4], [NEW, NEW]) == []
    assert (outcomes.lines.last, outcomes.lines.gaps.count) == (2, 0)
    outcomes.end()
    assert counts(outcomes) == {DONE: 2}
    # A line after them was added over another connection: --skip goes on after that.
    outcomes.add(lines[4:], [NEW])
    outcomes.end()
    assert (outcomes.lines.last, numbers_in(str(outcomes.lines.gaps))) == (5, [3, 4])
    assert counts(outcomes) == {DONE: 3, LEFT: 2}
    assert outcomes.summary.reasons == {(LEFT, "not sent"): 2}
    assert outcomes.text(stopped=True).startswith("stopped after line 5: 5 jobs matched, 3 done, 2 left")
    assert outcomes.text(stopped=True).endswith("; not sent are lines 3-4; --skip 5 goes on there")


def test_lines_that_are_not_sent_take_no_reply():
    outcomes = LoadOutcomes(0)
    first, last = lines_of(3, 1)[0], lines_of(6, 1)[0]
    lines = [
        ended(1, NOT_SELECTED),
        ended(2, SKIPPED, "expired"),
        first,
        ended(4, EMPTY),
        ended(5, LEFT, "odd"),
    ]
    assert outcomes.add([*lines, last], [NEW, PAUSED]) == [lines[4], last]
    assert (first.new_id, last.message) == (NEW, PAUSED.message)
    assert counts(outcomes) == {DONE: 1, SKIPPED: 1, LEFT: 2}
    assert (outcomes.lines.last, outcomes.lines.gaps.count, outcomes.lines.refused) == (6, 0, 2)
    assert outcomes.record() == {**outcomes.summary.record(), "matched": 4, "not_selected": 1}
    assert outcomes.text(stopped=False) == f"{outcomes.summary.text()}, 1 not selected"


def test_lines_in_flight_at_the_end_are_unknown():
    outcomes = LoadOutcomes(0)
    outcomes.add(lines_of(1, 2), [NEW, NEW])
    outcomes.abandon(5)
    assert (counts(outcomes), outcomes.lines.last) == ({DONE: 2, UNKNOWN: 3}, 5)
    assert numbers_in(str(outcomes.lines.unknown)) == [3, 4, 5]
    outcomes.abandon(5)
    assert counts(outcomes) == {DONE: 2, UNKNOWN: 3}


def test_of_records_that_were_not_written_those_of_added_jobs_are_named():
    outcomes, lines = LoadOutcomes(0), lines_of(1, 3)
    outcomes.add(lines, [NEW, PAUSED, NEW])
    outcomes.note_unwritten(lines)
    assert outcomes.text(stopped=False).endswith("; the IDs of lines 1, 3 were not written")
