"""Durations, numbers and choices: what is taken, what it becomes, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.errors import UsageError
from disquectl.spec.param_types import (
    FILE,
    FOLDER,
    INT64,
    SECONDS,
    WAIT,
    duration_ms,
    number,
    one_of,
    seconds_float,
)

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
WRONG = ["", " ", "s", "ms", "5 s", "-5", "+5", "5S", "5w", "1e3", "0x10", "1_000", ".", "5.", "1.2.3", "5s5"]


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("30", 30_000),
        ("500ms", 500),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("1d", 86_400_000),
        ("1.5s", 1500),
        ("0.25", 250),
        ("0", 0),
        ("007s", 7000),
    ],
)
def test_a_duration_is_a_number_with_a_unit_or_seconds(text, milliseconds):
    assert duration_ms(text) == milliseconds


@pytest.mark.parametrize("text", [*WRONG, "1.5ms", "٣s"])
def test_what_is_no_duration_is_refused_with_its_text(text):
    for convert in (duration_ms, SECONDS.convert, WAIT.convert):
        with pytest.raises(UsageError) as caught:
            convert(text)
        assert repr(text) in caught.value.message


@given(st.integers(0, 10**12), st.sampled_from(sorted(UNITS)))
def test_units_are_what_they_say(count, unit):
    assert duration_ms(f"{count}{unit}") == count * UNITS[unit]


@given(st.integers(0, 2**34))
def test_seconds_are_whole_and_fit_in_32_bits(count):
    if count < 2**32:
        assert SECONDS.convert(str(count)) == SECONDS.convert(f"{count}s") == count
        assert SECONDS.convert(f"{count * 1000}ms") == count
    else:
        with pytest.raises(UsageError, match="too long"):
            SECONDS.convert(str(count))
    with pytest.raises(UsageError, match="not whole seconds"):
        SECONDS.convert(f"{count * 1000 + 500}ms")


def test_what_disque_counts_in_milliseconds_needs_a_unit():
    assert WAIT.convert("500ms") == 500
    assert WAIT.convert("5s") == 5000
    assert WAIT.convert("0") == WAIT.convert("00") == WAIT.convert("0s") == 0
    for text in ("1", "500", "05"):
        with pytest.raises(UsageError) as caught:
            WAIT.convert(text)
        assert caught.value.advice == f"write {text}ms or {text}s"
    with pytest.raises(UsageError, match="too long"):
        WAIT.convert(f"{2**63}ms")


@given(st.integers())
def test_numbers_are_held_to_their_limits(value):
    for kind, low, high in ((number(1, 65535), 1, 65535), (INT64, -(2**63), 2**63 - 1)):
        if low <= value <= high:
            assert kind.convert(str(value)) == value
        else:
            with pytest.raises(UsageError, match=r"too small|too large"):
                kind.convert(str(value))


@pytest.mark.parametrize("text", ["", "-", "+1", "1.0", " 1", "1_0", "٣", "0x1", "--1"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(UsageError, match="not a whole number"):
        INT64.convert(text)


def test_a_number_too_long_for_python_to_read_is_refused_too():
    for kind in (INT64, WAIT, SECONDS):
        with pytest.raises(UsageError):
            kind.convert("9" * 5000 + ("s" if kind is WAIT else ""))


def test_choices_ignore_case():
    kind = one_of("in", "out", noun="side")
    assert kind.convert("IN") == "in"
    with pytest.raises(UsageError, match="unknown side 'both'") as caught:
        kind.convert("both")
    assert caught.value.advice == "choose in, out"


def test_debug_sleep_takes_fractions_of_seconds():
    assert [seconds_float(text) for text in ("0.5", "1", "250ms", "2m")] == ["0.5", "1", "0.25", "120"]


@pytest.mark.parametrize(
    ("path", "told"), [("", "the name is empty"), ("a\0b", "a NUL is not allowed: 'a\\x00b'")]
)
def test_what_names_no_file_is_refused(path, told):
    for kind in (FILE, FOLDER):
        with pytest.raises(UsageError) as caught:
            kind.convert(path)
        assert caught.value.message == told
