"""Bytes as lines, whatever portions they come in."""

from hypothesis import given
from hypothesis import strategies as st

from disquectl.bulk.lines import LineSplitter


def split(batches, **options):
    splitter = LineSplitter(**options)
    return [line for data in batches if data for line in splitter.feed(data)] + splitter.finish()


# Few bytes, so that many of them end lines.
PORTION = st.text("ab\r\n\0", max_size=6).map(str.encode)


@given(st.lists(PORTION), st.sampled_from([b"\n", b"\0"]))
def test_lines_do_not_depend_on_portions(batches, separator):
    whole = b"".join(batches)
    *lines, rest = whole.split(separator)
    assert split(batches, separator=separator) == lines + ([rest] if rest else [])


def test_only_lf_ends_a_line():
    assert split([b"a\r\n\x0b\x0c\x85\xe2\x80\xa8b\r\n"]) == [b"a\r", b"\x0b\x0c\x85\xe2\x80\xa8b\r"]


@given(st.lists(PORTION), st.integers(1, 5))
def test_a_line_that_is_too_long_is_none_and_the_others_stay(batches, limit):
    expected = [line if len(line) <= limit else None for line in split(batches)]
    assert split(batches, max_bytes=limit) == expected


def test_a_line_that_is_too_long_is_not_kept():
    splitter = LineSplitter(max_bytes=10)
    for _ in range(1000):
        assert splitter.feed(b"x" * 8) == []
    assert sum(map(len, splitter._held)) <= 10
    assert splitter.feed(b"\nshort\n") == [None, b"short"]
