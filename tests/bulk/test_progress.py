"""The line on the terminal."""

import pytest

from disquectl.commands.bulk.progress import text


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((0, 0, 0.0, None), "0 jobs  -/s"),
        ((1500, 0, 1.5, None), "1,500 jobs  1,000/s"),
        ((1000, 2, 10.0, 0.25), "[######..................] 25%  1,000 jobs  100/s  0:30 left  2 refused"),
        ((10, 0, 3600.0, 0.5), "[############............] 50%  10 jobs  0/s  1:00:00 left"),
        ((10, 0, 1.0, 1.0), "[########################] 100%  10 jobs  10/s  0:00 left"),
        ((0, 0, 1.0, 0.0), "[........................] 0%  0 jobs  0/s"),
    ],
)
def test_it_says_how_far_how_fast_and_how_long_still(arguments, shown):
    assert text(*arguments) == shown
