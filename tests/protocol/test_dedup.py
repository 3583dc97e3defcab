"""What has come already, in little memory."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.protocol.dedup import Deduplicator


@given(st.lists(st.binary(max_size=3)))
def test_it_is_a_set(elements):
    seen, model = Deduplicator(), set()
    for i in range(0, len(elements), 3):
        for element, new in zip(elements[i : i + 3], seen.new(elements[i : i + 3]), strict=True):
            assert new == (element not in model)
            model.add(element)


@given(st.lists(st.binary(max_size=2) | st.text(max_size=1)), st.binary(max_size=2) | st.text(max_size=1))
def test_it_says_what_is_in_it(elements, other):
    seen = Deduplicator()
    seen.new(elements)
    assert all(element in seen for element in elements)
    # Python's hash of text and of its bytes is the same: a set has elements of one type.
    same = {element.encode() if isinstance(element, str) else element for element in elements}
    assert (other in seen) == ((other.encode() if isinstance(other, str) else other) in same)


def test_an_element_is_found_at_the_start_of_a_key_alone(monkeypatch):
    monkeypatch.setattr("disquectl.protocol.dedup.LAST", 0)  # all in one bucket
    seen = Deduplicator()
    elements = [b"%d" % number for number in range(2_000)]
    seen.new(elements)
    assert all(element in seen for element in elements)
    assert not any(b"x" + element in seen for element in elements)


@pytest.mark.parametrize("count", [10_000, 100_000])
def test_an_element_takes_less_than_100_bytes_however_long_it_is(count):
    tracemalloc.start()
    try:
        seen = Deduplicator()
        before = tracemalloc.get_traced_memory()[0]
        for i in range(count):
            assert seen.new([b"%0200d" % i]) == [True]
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (peak - before) / count < 100
    assert after <= peak
