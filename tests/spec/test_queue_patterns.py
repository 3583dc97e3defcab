"""Which queues the QUEUE words of a command mean."""

from __future__ import annotations

import pytest

from disquectl.spec.queue_patterns import QueueWords, is_pattern, matcher


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (b"mail*", b"mail", b"email"),
        (b"m?il", b"m\xffil", b"mil"),
        (b"mail-[a-c]", b"mail-b", b"mail-d"),
        (b"[!a]*", b"b\n", b"ab"),
        (b"*", b"", None),
        (b"a.c*", b"a.c", b"abc"),
        (b"Mail*", b"Mail", b"mail"),
    ],
)
def test_a_pattern_matches_whole_names_of_any_bytes(pattern, yes, no):
    assert is_pattern(pattern)
    matches = matcher(pattern)
    assert matches(yes)
    assert matches(yes)
    assert no is None or not matches(no)


def test_no_words_mean_every_queue():
    words = QueueWords(())
    assert words.wants(b"mail")
    assert words.means_all
    assert words.names is None


def test_names_mean_themselves():
    words = QueueWords((b"mail", b"sms", b"mail"))
    assert not words.open
    assert words.wants(b"sms")
    assert not words.wants(b"sms2")
    assert not words.wants(b"")
    assert words.names == {b"mail", b"sms"}
    assert not words.means_all


def test_a_pattern_without_a_queue_of_that_name_matches_names():
    words = QueueWords((b"mail*", b"sms"))
    assert words.open == {b"mail*"}
    words.settle(frozenset())
    assert not words.open
    assert words.wants(b"mail")
    assert words.wants(b"mail2")
    assert words.wants(b"sms")
    assert not words.wants(b"sms2")
    assert words.names is None


def test_a_name_that_exists_is_that_queue_and_nothing_else():
    words = QueueWords((b"mail*", b"sm?"))
    words.settle({b"mail*", b"other"})
    assert words.wants(b"mail*")
    assert words.wants(b"sms")
    assert not words.wants(b"mail")
    assert not words.wants(b"other")


def test_without_patterns_every_word_is_a_name():
    words = QueueWords((b"mail*",), patterns=False)
    assert not words.open
    assert words.wants(b"mail*")
    assert not words.wants(b"mail")
    assert words.names == {b"mail*"}


def test_no_job_is_tested_before_it_is_known_what_the_words_are():
    with pytest.raises(AssertionError):
        QueueWords((b"mail*",)).wants(b"mail")
