"""A stream cut into the exact bytes of each reply."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.protocol.frames import FrameSplitter
from disquectl.protocol.resp import encode

FRAMES = [
    b"+OK\r\n",
    b"-ERR no\r\n",
    b":7\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"$0\r\n\r\n",
    b"$6\r\n+a\r\n:1\r\n",
    b"*3\r\n*2\r\n$1\r\na\r\n$-1\r\n*0\r\n$4\r\n\r\n\r\n\r\n",
    b"%1\r\n+server\r\n+redis\r\n",
]


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 1000])
def test_frames_come_out_whole_however_the_bytes_come_in(batch):
    stream = b"".join(FRAMES)
    splitter = FrameSplitter()
    found = [frame for i in range(0, len(stream), batch) for frame in splitter.feed(stream[i : i + batch])]
    assert found == FRAMES
    assert splitter.rest() == b""


def test_a_frame_comes_out_with_its_last_byte():
    for frame in FRAMES:
        splitter = FrameSplitter()
        assert splitter.feed(frame[:-1]) == []
        assert splitter.rest() == frame[:-1]
        assert splitter.feed(frame[-1:]) == [frame]


def test_what_is_no_resp_comes_out_by_lines():
    assert FrameSplitter().feed(b"HTTP/1.1 400\r\nX: y\r\n\r\nbody") == [
        b"HTTP/1.1 400\r\n",
        b"X: y\r\n",
        b"\r\n",
    ]


@pytest.mark.parametrize(
    "line", [b"\n", b"$x\r\n", b"$" + b"9" * 5000 + b"\r\n", b"*" + b"9" * 5000 + b"\r\n"]
)
def test_an_odd_line_does_not_hold_up_what_follows(line):
    assert FrameSplitter().feed(line + b"+OK\r\n") == [line, b"+OK\r\n"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_byte_is_lost_and_nothing_fails(batches):
    splitter = FrameSplitter()
    frames = [frame for batch in batches for frame in splitter.feed(batch)]
    assert b"".join(frames) + splitter.rest() == b"".join(batches)


@settings(deadline=None)
@given(st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=4), max_size=5), st.integers(1, 30))
def test_requests_are_frames_too(requests, batch):
    stream = b"".join(encode(words) for words in requests)
    splitter = FrameSplitter()
    found = [frame for i in range(0, len(stream), batch) for frame in splitter.feed(stream[i : i + batch])]
    assert found == [encode(words) for words in requests]
