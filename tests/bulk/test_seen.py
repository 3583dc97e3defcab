"""What has come already, in little memory."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.commands.bulk.seen import Seen


@given(st.lists(st.binary(max_size=3)))
def test_it_is_a_set(elements):
    seen, model = Seen(), set()
    for element in elements:
        assert seen.add(element) == (element not in model)
        model.add(element)


@pytest.mark.parametrize("count", [10_000, 100_000])
def test_an_element_takes_less_than_100_bytes_however_long_it_is(count):
    tracemalloc.start()
    try:
        seen = Seen()
        before = tracemalloc.get_traced_memory()[0]
        for i in range(count):
            assert seen.add(b"%0200d" % i)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (peak - before) / count < 100
    assert after <= peak
