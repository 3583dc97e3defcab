"""Thresholds in the syntax of the Monitoring Plugins guidelines, compared with the package nagiosplugin."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from disquectl.errors import UsageError
from disquectl.spec.threshold import Threshold


@pytest.mark.parametrize(
    ("text", "alerts", "quiet"),
    [
        ("10", (-1, -0.1, 10.1, 11), (0, 5, 10)),
        ("10:", (-5, 0, 9.9), (10, 10.5, 1e9)),
        ("~:10", (10.1, 1e9), (-1e9, 0, 10)),
        ("10:20", (9, 21), (10, 15, 20)),
        ("@10:20", (10, 15, 20), (9, 21)),
        ("@10", (0, 10), (-1, 11)),
        ("-5:-1", (-6, 0), (-5, -3, -1)),
        ("0.5:1.5", (0.4, 1.6), (0.5, 1, 1.5)),
        (":", (-1,), (0, 1e9)),
        ("~:", (), (-1e9, 0, 1e9)),
        ("0", (1, -1, 0.1), (0,)),
        ("5:5", (4, 6), (5,)),
    ],
)
def test_the_examples_of_the_guidelines(text, alerts, quiet):
    threshold = Threshold(text)
    assert [value for value in (*alerts, *quiet) if threshold.alerts(value)] == list(alerts)
    assert threshold.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "x",
        "1:x",
        "20:10",
        "1:2:3",
        "~",
        "1e3",
        "1.",
        "--1",
        "5m",
        " 5",
        "٣",
        "@@1",
        "1" * 200,
        "5:~",
    ],
)
def test_what_is_not_a_range(text):
    with pytest.raises(UsageError):
        Threshold(text)


numbers = st.one_of(st.integers(-50, 50).map(str), st.sampled_from(["0.5", "-1.25", "7.75"]))


@given(st.sampled_from(["", "@"]), st.one_of(st.just("~"), st.just(""), numbers), numbers | st.just(""))
@example("@", "", "")
@example("", "~", "-50")
def test_ranges_are_those_of_nagiosplugin(sign, start, end):
    nagiosplugin = pytest.importorskip("nagiosplugin")
    for text in (f"{sign}{start}:{end}", f"{sign}{end}" if end else ":"):
        try:
            theirs = nagiosplugin.Range(text)
        except ValueError:
            with pytest.raises(UsageError):
                Threshold(text)
            continue
        ours = Threshold(text)
        for value in (-60, -50, -1.25, -1, 0, 0.5, 1, 7.75, 10, 50, 60):
            assert ours.alerts(value) is not theirs.match(value), (text, value)
