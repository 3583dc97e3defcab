"""Whatever comes of the lines, it adds up."""

from hypothesis import given
from hypothesis import strategies as st

from disquectl.bulk.outcomes import LineOutcomes, Ranges
from tests.bulk.ranges import numbers_in

OUTCOMES = st.lists(st.sampled_from(["added", "refused", "unknown", "unsent", "empty"]))


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_exactly_their_numbers(numbers):
    ranges = Ranges()
    for number in sorted(numbers):
        ranges.add(number)
    assert ranges.count == len(numbers)
    assert numbers_in(str(ranges)) == sorted(numbers)
    assert numbers_in(str(ranges.below(30))) == sorted(n for n in numbers if n <= 30)


@given(OUTCOMES, st.integers(0, 10))
def test_every_line_has_one_outcome_and_skip_goes_on_behind_the_last(outcomes, skipped):
    lines = LineOutcomes(skipped)
    for number, outcome in enumerate(outcomes, skipped + 1):
        if outcome == "added":
            lines.all_added(range(number, number + 1))
        elif outcome == "refused":
            lines.note_refused(number)
        elif outcome == "unknown":
            lines.note_unknown(number)
        elif outcome == "unsent":
            lines.note_unsent([number])
        else:
            lines.empty += 1
    settled = [n for n, o in enumerate(outcomes, skipped + 1) if o in ("added", "refused", "unknown")]
    last = max(settled, default=skipped)
    assert lines.last == last
    assert lines.settled == len(settled)
    unsent = [n for n, o in enumerate(outcomes, skipped + 1) if o == "unsent"]
    gaps = numbers_in(str(lines.gaps))
    # What is not named is behind the line where --skip goes on.
    assert gaps == [n for n in unsent if n < last]
    assert all(n > last for n in unsent if n not in gaps)
    assert f"--skip {last} " in lines.resume_summary()


def test_the_summary_names_the_lines_that_need_a_look():
    lines = LineOutcomes()
    lines.all_added([1, 2])
    lines.note_unknown(3)
    lines.note_unsent([4, 5])
    lines.note_refused(6)
    lines.note_added(7)
    lines.unwritten.add(7)
    lines.empty += 1
    assert lines.summary() == (
        "3 added, 1 refused, 1 unknown (lines 3), 1 of those added without their ID written (lines 7), "
        "2 before that not sent (lines 4-5), 1 empty lines left out"
    )
    assert lines.resume_summary().startswith("stopped after line 7: ")
    assert LineOutcomes().summary() == "0 added, 0 refused"
