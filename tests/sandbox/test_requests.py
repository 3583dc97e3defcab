"""Bytes to requests: whole, in pieces, malformed, and with lengths that lie."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.sandbox.inline import quote, split_words
from disquectl.sandbox.requests import MAX_LINE_BYTES, ProtocolError, RequestReader

from .bench import encode


def read_all(*pieces: bytes) -> list[list[bytes]]:
    reader = RequestReader()
    requests = []
    for piece in pieces:
        reader.feed(piece)
        while (request := reader.next_request()) is not None:
            requests.append(request)
    return requests


MIXED = (
    encode("PING")
    + b"PING one\r\n"
    + b"*0\r\n\r\n"
    + encode("ADDJOB", "q", b"\r\n\0" * 50, "0")
    + b"QLEN 'a b'\n"
)
MIXED_REQUESTS = [[b"PING"], [b"PING", b"one"], [b"ADDJOB", b"q", b"\r\n\0" * 50, b"0"], [b"QLEN", b"a b"]]


def test_requests_come_out_the_same_whole_and_split_at_any_byte() -> None:
    assert read_all(MIXED) == MIXED_REQUESTS
    assert read_all(*[MIXED[at : at + 1] for at in range(len(MIXED))]) == MIXED_REQUESTS
    for at in range(len(MIXED)):
        assert read_all(MIXED[:at], MIXED[at:]) == MIXED_REQUESTS


def test_a_bare_line_feed_swallows_the_next_byte_that_is_there() -> None:
    assert read_all(b"PING\n-PING 2\n") == [[b"PING"], [b"PING", b"2"]]
    assert read_all(b"PING\n", b"PING 2\n") == [[b"PING"], [b"PING", b"2"]]


def test_a_line_with_a_nul_has_no_end() -> None:
    assert read_all(b"PING\r\nPING \0\r\nPING\r\n") == [[b"PING"]]
    assert read_all(b"*1\0\r\n$4\r\nPING\r\n") == []
    with pytest.raises(ProtocolError, match="too big inline request"):
        read_all(b"\0\n" + b"x" * 65536)


def test_what_follows_a_request_waits_for_its_rest() -> None:
    reader = RequestReader()
    reader.feed(encode("PING") + b"*2\r\n$4\r\nPI")
    assert reader.next_request() == [b"PING"]
    assert reader.next_request() is None
    reader.feed(b"NG\r\n$1\r\nx\r\n")
    assert reader.next_request() == [b"PING", b"x"]
    assert reader.pending_bytes == 0


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"*x\r\n", "invalid multibulk length"),
        (b"*\r\n", "invalid multibulk length"),
        (b"*+1\r\n", "invalid multibulk length"),
        (b"*01\r\n", "invalid multibulk length"),
        (b"*1048577\r\n", "invalid multibulk length"),
        (b"*99999999999999999999999\r\n", "invalid multibulk length"),
        (b"*1\r\n+4\r\n", "expected '$', got '+'"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$04\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*" + b"1" * MAX_LINE_BYTES + b"1", "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * MAX_LINE_BYTES + b"1", "too big bulk count string"),
        (b"x" * (MAX_LINE_BYTES + 1), "too big inline request"),
        (b"x" * (MAX_LINE_BYTES + 16 * 1024) + b"\n", "too big inline request"),
        (b'PING "x\r\n', "unbalanced quotes in request"),
        (b"PING 'a'b\r\n", "unbalanced quotes in request"),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(ProtocolError, match="^" + re.escape(f"ERR Protocol error: {text}")):
        read_all(data)


def test_the_two_bytes_after_a_bulk_may_be_any() -> None:
    assert read_all(b"*1\r\n$4\r\nPINGxy" + encode("TIME")) == [[b"PING"], [b"TIME"]]


def test_a_count_of_nothing_is_ignored() -> None:
    assert read_all(b"*0\r\n*-1\r\n*-99\r\n" + encode("PING")) == [[b"PING"]]


def test_announced_lengths_reserve_nothing() -> None:
    reader = RequestReader()
    reader.feed(b"*1048576\r\n$536870912\r\nab")
    assert reader.next_request() is None
    assert reader.pending_bytes < 100


def test_many_words_that_add_up_to_too_much_are_refused_before_they_come() -> None:
    reader = RequestReader()
    reader.feed(b"*3\r\n$2000000\r\n" + b"x" * 2_000_000 + b"\r\n")
    assert reader.next_request() is None
    reader.feed(b"$536870000\r\n")
    with pytest.raises(ProtocolError, match="too big request"):
        reader.next_request()


def test_a_long_body_in_small_pieces_is_joined_once() -> None:
    body = bytes(range(256)) * 4096
    data = encode("ADDJOB", "q", body, "0")
    pieces = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    assert read_all(*pieces) == [[b"ADDJOB", b"q", body, b"0"]]


@given(st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=5), max_size=5), st.data())
def test_what_was_encoded_is_read_back(requests: list[list[bytes]], data: st.DataObject) -> None:
    stream = b"".join(encode(*request) for request in requests)
    at = data.draw(st.integers(0, len(stream)))
    assert read_all(stream[:at], stream[at:]) == requests


@given(
    st.lists(
        # No bare LF: what is lost behind it depends on where the packets end.
        st.sampled_from([b"*", b"$", b"1", b"2", b"-", b"\r\n", b"\r", b"PING", b'"', b"\0", b" "]),
        max_size=60,
    )
)
def test_garbage_is_read_or_refused_and_nothing_else(pieces: list[bytes]) -> None:
    def outcome(*chunks: bytes) -> tuple[list[list[bytes]], str]:
        reader = RequestReader()
        requests: list[list[bytes]] = []
        try:
            for chunk in chunks:
                reader.feed(chunk)
                while (request := reader.next_request()) is not None:
                    assert request
                    requests.append(request)
        except ProtocolError as problem:
            return requests, str(problem)
        return requests, ""

    stream = b"".join(pieces)
    assert outcome(stream) == outcome(*[stream[at : at + 1] for at in range(len(stream))])


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=5))
def test_quoted_words_split_back_into_themselves(words: list[bytes]) -> None:
    assert split_words(b" ".join(quote(word) for word in words)) == words
