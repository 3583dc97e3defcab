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
