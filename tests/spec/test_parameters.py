"""What is checked of the values of options."""

import pytest

from disquectl.errors import UsageError
from disquectl.spec.parameters import require_positive


def test_a_value_of_nothing_is_refused_by_the_name_of_its_option():
    require_positive({}, "every", "interval")
    require_positive({"every": 1, "interval": 0}, "every")
    for value in (0, -1):
        with pytest.raises(UsageError, match=r"^--interval must be more than 0$"):
            require_positive({"every": 1, "interval": value}, "every", "interval")
