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
    ledger = LineOutcomes(skipped)
    for number, outcome in enumerate(outcomes, skipped + 1):
        if outcome == "added":
            ledger.all_added(range(number, number + 1))
        elif outcome == "refused":
            ledger.note_refused(number)
        elif outcome == "unknown":
            ledger.note_unknown(number)
        elif outcome == "unsent":
            ledger.note_unsent([number])
        else:
            ledger.empty += 1
    settled = [n for n, o in enumerate(outcomes, skipped + 1) if o in ("added", "refused", "unknown")]
    last = max(settled, default=skipped)
    assert ledger.last == last
    assert ledger.settled == len(settled)
    unsent = [n for n, o in enumerate(outcomes, skipped + 1) if o == "unsent"]
    gaps = numbers_in(str(ledger.gaps))
    # What is not named is behind the line where --skip goes on.
    assert gaps == [n for n in unsent if n < last]
    assert all(n > last for n in unsent if n not in gaps)
    assert f"--skip {last} " in ledger.where_it_stood()


def test_the_summary_names_the_lines_that_need_a_look():
    ledger = LineOutcomes()
    ledger.all_added([1, 2])
    ledger.note_unknown(3)
    ledger.note_unsent([4, 5])
    ledger.note_refused(6)
    ledger.note_added(7)
    ledger.unwritten.add(7)
    ledger.empty += 1
    assert ledger.summary() == (
        "3 added, 1 refused, 1 unknown (lines 3), 1 of those added without their ID written (lines 7), "
        "2 before that not sent (lines 4-5), 1 empty lines left out"
    )
    assert ledger.where_it_stood().startswith("stopped after line 7: ")
    assert LineOutcomes().summary() == "0 added, 0 refused"
