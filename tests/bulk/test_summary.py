"""The summary of what became of jobs: it adds up, in words and in JSON, and how a run ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.bulk.summary import KINDS, Summary, by_state, running_twice
from disquectl.render.human import counted


def summary_of(*outcomes):
    """A summary of these outcomes: a kind, or a kind with a reason."""
    summary = Summary()
    for one in outcomes:
        summary.add(*([one] if isinstance(one, str) else one))
    return summary


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["", "this", "that"]), st.integers(1, 9))))
def test_the_outcomes_add_up_to_the_jobs_that_matched(outcomes):
    summary = Summary()
    for kind, reason, count in outcomes:
        summary.add(kind, reason, count)
    record = summary.record()
    total = sum(count for _, _, count in outcomes)
    assert summary.matched == record["matched"] == sum(record[kind] for kind in KINDS) == total
    for kind in ("skipped", "left"):
        with_reason = sum(count for of, reason, count in outcomes if of == kind and reason)
        assert sum(record.get(f"{kind}_reasons", {}).values()) == with_reason


def test_the_summary_as_json():
    summary = summary_of("done", "done", ("left", "it died"), ("skipped", "expired"))
    summary.not_selected = 3
    assert summary.record() == {
        "matched": 4,
        "done": 2,
        "gone": 0,
        "skipped": 1,
        "left": 1,
        "pending": 0,
        "doubled": 0,
        "unknown": 0,
        "skipped_reasons": {"expired": 1},
        "left_reasons": {"it died": 1},
        "not_selected": 3,
    }


def test_the_summary_of_no_jobs_as_json_is_zeros_without_reasons():
    assert Summary().record() == dict.fromkeys(("matched", *KINDS, "not_selected"), 0)


@pytest.mark.parametrize(
    ("outcomes", "not_selected", "text"),
    [
        ((), 0, "0 jobs matched, 0 done"),
        (("done",), 0, "1 job matched, 1 done"),
        (("done", "gone", "gone"), 1, "3 jobs matched, 1 done, 2 gone meanwhile, 1 in flight not selected"),
        ((("left", "it died"),), 0, "1 job matched, 0 done, 1 left (it died)"),
        (
            (("left", "a"), ("left", "b"), ("left", "b"), ("skipped", "c"), "skipped"),
            0,
            "5 jobs matched, 0 done, 2 skipped (1 c), 3 left (1 a; 2 b)",
        ),
        (("pending", "doubled", "unknown"), 0, "3 jobs matched, 0 done, 1 pending, 1 doubled, 1 unknown"),
    ],
)
def test_the_summary_in_words(outcomes, not_selected, text):
    summary = summary_of(*outcomes)
    summary.not_selected = not_selected
    assert summary.text() == text


@pytest.mark.parametrize(
    ("outcomes", "complete", "code"),
    [
        ((), True, None),
        (("done", "gone", "skipped"), True, None),
        (("done",), False, 3),
        ((), False, 3),
        (("done", "left"), True, 3),
        (("left", "gone"), True, 3),
        (("pending",), True, 3),
        (("left", "left"), True, 1),
        (("left", "left"), False, 3),  # a node did not answer: that comes before a refusal
        (("doubled", "left"), True, 8),
        (("unknown",), True, 8),
        (("unknown",), False, 8),
    ],
)
def test_how_a_run_ends(outcomes, complete, code):
    problem = summary_of(*outcomes).error(is_complete=complete)
    assert (None if problem is None else problem.exit_code) == code
    assert problem is None or summary_of(*outcomes).text() in problem.message


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ({"queued", "delayed"}, ""),
        ({"in-flight"}, "5 jobs may be running now and will run twice"),
        ({"in-flight", "unknown", "queued"}, "9 jobs may be running now and will run twice"),
    ],
)
def test_jobs_that_may_run_twice_are_those_asked_for_that_a_consumer_may_have(states, text):
    counts = {(b"a", "in-flight"): 2, (b"b", "in-flight"): 3, (b"b", "unknown"): 4, (b"b", "queued"): 7}
    assert running_twice(counts, frozenset(states)) == text


def test_jobs_are_counted_in_words():
    assert [counted(number, "job") for number in (0, 1, 12345)] == ["0 jobs", "1 job", "12,345 jobs"]


def test_the_queues_with_the_most_jobs_come_first():
    counts = {(b"a", "queued"): 1, (b"b", "queued"): 1000, (b"b", "delayed"): 2, (b"c", "delayed"): 1}
    assert by_state(counts) == [
        (b"b", "2 delayed, 1,000 queued"),
        (b"a", "1 queued"),
        (b"c", "1 delayed"),
    ]
    assert by_state(counts, limit=1) == [(b"b", "2 delayed, 1,000 queued")]
