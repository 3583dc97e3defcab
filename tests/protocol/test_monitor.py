"""Lines of MONITOR, read and written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.errors import NotDisque
from disquectl.protocol.monitor import monitor_line, quote


def test_a_line_has_a_time_a_client_and_words():
    line = rb'1795311496.891411 [127.0.0.1:55942] "QLEN" "a\"\\\n\r\t\a\b\xff b" ""'
    assert monitor_line(line) == {
        "time": 1795311496.891411,
        "client": "127.0.0.1:55942",
        "args": [b"QLEN", b'a"\\\n\r\t\x07\x08\xff b', b""],
    }


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=5))
def test_words_are_read_as_they_were_written(words):
    assert monitor_line(b"1.5 [[::1]:7] " + quote(words))["args"] == words


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"OK",
        b'1.5 "QLEN"',
        b'x [a] "QLEN"',
        b'1.5 [a] "QLEN',
        b"1.5 [a] QLEN",
        b'1.5 [a] x"',
        b'1.5 [a] "\\xzz"',
        b'1.5 [a] "\\',
        None,
        5,
    ],
)
def test_another_line_is_not_disque(line):
    with pytest.raises(NotDisque):
        monitor_line(line)
