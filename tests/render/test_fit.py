"""The widths of columns."""

from hypothesis import given
from hypothesis import strategies as st

from disquectl.render.fit import fit_widths

columns = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 500)).map(lambda pair: (pair[0] + pair[1], pair[0])),
    min_size=1,
    max_size=8,
)


@given(columns, st.integers(1, 200))
def test_columns_fill_the_width_and_never_go_below_their_least(columns, width):
    natural, least = map(list, zip(*columns, strict=True))
    room = width - 2 * (len(columns) - 1)
    widths = fit_widths(natural, least, 2, width)
    if widths is None:
        assert sum(least) > room
    else:
        assert sum(widths) == min(sum(natural), room)
        assert all(low <= got <= full for low, got, full in zip(least, widths, natural, strict=True))


def test_the_widest_column_shrinks_first():
    assert fit_widths([5, 40, 300], [5, 40, 12], 2, 80) == [5, 40, 31]


def test_no_way_to_fit():
    assert fit_widths([5, 40, 300], [5, 40, 12], 2, 60) is None
