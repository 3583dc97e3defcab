"""A histogram as lines of text."""

from disquectl.render.histogram import histogram

RANGES = [(0.1, 0.2, 30), (0.2, 0.5, 60), (0.5, 1, 0), (1, 2, 10)]


def test_bars_in_proportion():
    assert histogram(RANGES, 80).splitlines() == [
        "  0.1 - 0.2 ms  " + "#" * 20 + " " * 20 + "   30.0 %",
        "  0.2 - 0.5 ms  " + "#" * 40 + "   60.0 %",
        "  0.5 -   1 ms  " + " " * 40 + "    0.0 %",
        "    1 -   2 ms  " + "#" * 7 + " " * 33 + "   10.0 %",
    ]


def test_it_fits_a_narrow_terminal_and_a_few_are_seen():
    text = histogram([(10, 20, 100_000), (20_000, 50_000, 1)], 60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("#") == 60 - 32 + 1


def test_nothing():
    assert histogram([], 80) == histogram([(0, 1, 0)], 80) == ""
