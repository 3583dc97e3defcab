"""Lines as words, with the quotes of redis-cli."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.errors import UsageError
from disquectl.spec.quoting import UnclosedQuote, split


def double(word):
    return b'"' + b"".join(b"\\x%02x" % byte for byte in word) + b'"'


@given(st.lists(st.binary(max_size=12), max_size=5), st.sampled_from([b" ", b"\t", b"  \r"]))
def test_whatever_is_quoted_comes_back(line, blank):
    assert split(blank.join(double(word) for word in line) + blank) == line


@given(st.lists(st.binary(max_size=12).filter(lambda word: b"\\" not in word)))
def test_single_quotes_keep_everything_but_themselves(line):
    assert split(b" ".join(b"'" + word.replace(b"'", b"\\'") + b"'" for word in line)) == line


@given(st.binary(max_size=40))
def test_any_line_is_words_or_a_usage_error(line):
    try:
        found = split(line)
    except UsageError:
        assert b'"' in line or b"'" in line
    else:
        assert all(isinstance(word, bytes) for word in found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"", []),
        (b"   \t ", []),
        (b"qlen  q", [b"qlen", b"q"]),
        (rb'a "b\nc" d', [b"a", b"b\nc", b"d"]),
        (rb'"\"\\" "\x00\xFf"', [b'"\\', b"\x00\xff"]),
        (rb'"\n\r\t\b\a"', [b"\n\r\t\b\a"]),
        (rb'"\q\xz1\x4"', [b"qxz1x4"]),
        (rb"'a\'b' 'c\nd'", [b"a'b", rb"c\nd"]),
        (b"\"\" ''", [b"", b""]),
        (b'"two  blanks"', [b"two  blanks"]),
        (b'a"b"', [b"ab"]),
        (rb"plain\n", [rb"plain\n"]),
        ("é 日".encode(), ["é".encode(), "日".encode()]),
    ],
)
def test_quotes_are_those_of_redis_cli(line, expected):
    assert split(line) == expected


@pytest.mark.parametrize("line", [b'"', b"'", b'a "b', b'"a\\', b'"a\\"', b"'a\\'"])
def test_a_quote_that_is_not_closed_is_known_as_such(line):
    with pytest.raises(UnclosedQuote):
        split(line)


@pytest.mark.parametrize("line", [b'"a"b', b"'a'b", b"\"a\"'b'"])
def test_a_closing_quote_ends_its_word(line):
    with pytest.raises(UsageError, match="not followed by a blank"):
        split(line)


@pytest.mark.skipif(shutil.which("redis-cli") is None, reason="redis-cli is not installed")
def test_redis_cli_reads_the_same_lines_the_same_way(node):
    words = [rb'"a\nb"', rb'"\x41\q"', rb"'it\'s'", rb'"\"\\"', b'"  "', rb'"\x4z"', rb"\n", b'a"b"']
    host, _, port = node.rpartition(":")
    lines = b"".join(b"ping " + word + b"\n" for word in words)
    done = subprocess.run(
        ["redis-cli", "-h", host, "-p", port], input=lines, capture_output=True, check=True, timeout=30
    )
    assert done.stdout == b"".join(split(word)[0] + b"\n" for word in words)
