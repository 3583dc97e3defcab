"""Requests and replies as bytes: whole, byte by byte, with more behind them; and garbage of every kind."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disquectl.errors import NotAuthorised, ReplyError, UsageError
from disquectl.protocol.resp import NEED_DATA, Parser, ProtocolError, encode, encode_all

REPLIES = {
    b"+OK\r\n": b"OK",
    b":-12\r\n": -12,
    b"$5\r\nhello\r\n": b"hello",
    b"$0\r\n\r\n": b"",
    b"$4\r\n\r\n\x00\xff\r\n": b"\r\n\x00\xff",
    b"$-1\r\n": None,
    b"*-1\r\n": None,
    b"*0\r\n": [],
    b"*3\r\n:1\r\n$-1\r\n*2\r\n+a\r\n$1\r\nb\r\n": [1, None, [b"a", b"b"]],
}


def values(parser):
    found = []
    while (value := parser.next_value()) is not NEED_DATA:
        found.append(value)
    return found


@pytest.mark.parametrize("wire", REPLIES)
def test_a_reply_is_the_same_whole_drop_by_drop_and_with_more_behind_it(wire):
    whole, drops, trailing = Parser(), Parser(), Parser()
    whole.feed(wire)
    assert values(whole) == [REPLIES[wire]]
    for i in range(len(wire) - 1):
        drops.feed(wire[i : i + 1])
        assert drops.next_value() is NEED_DATA
        assert drops.pending_bytes
    drops.feed(wire[-1:])
    assert values(drops) == [REPLIES[wire]]
    trailing.feed(wire + b"+more\r\n:7")
    assert values(trailing) == [REPLIES[wire], b"more"]


def test_no_bytes_are_pending_between_replies():
    parser = Parser()
    parser.feed(b"+a\r\n+b\r\n")
    assert parser.next_value() == b"a"
    assert parser.pending_bytes
    assert parser.next_value() == b"b"
    assert parser.pending_bytes == 0


def test_all_that_is_whole_is_taken_at_once_and_the_rest_is_pending():
    parser, found = Parser(max_reply_bytes=40), []
    parser.feed(b"+a\r\n:7\r\n$5\r\nhe")
    for _ in range(2):
        parser.take_all(found)
        assert found == [b"a", 7]
        assert parser.pending_bytes
    parser.feed(b"llo\r\n")
    parser.take_all(found)
    assert (found, parser.pending_bytes) == ([b"a", 7, b"hello"], 0)
    parser.feed(b"+b\r\n*1000")
    parser.take_all(found)
    assert found[3:] == [b"b"]
    assert parser.pending_bytes
    parser.feed(b"\r\n" + b":1\r\n" * 20)
    with pytest.raises(ProtocolError, match="more than 40 bytes"):
        parser.take_all(found)


@pytest.mark.parametrize("garbage", [b"HTTP/1.1\r\n", b"*1000000000\r\n", b"%1\r\n*1\r\n:1\r\n:2\r\n"])
def test_what_came_before_garbage_is_taken(garbage):
    parser, found = Parser(), []
    parser.feed(b"+a\r\n" + garbage)
    with pytest.raises(ProtocolError):
        parser.take_all(found)
    assert found == [b"a"]


def test_an_error_is_a_value_with_its_code_and_text():
    parser = Parser()
    parser.feed(b"-BADID Invalid Job ID format.\r\n")
    error = parser.next_value()
    assert isinstance(error, ReplyError)
    assert (error.code, error.message) == ("BADID", "BADID Invalid Job ID format.")


def test_an_error_inside_an_array_stays_in_its_place():
    parser = Parser()
    parser.feed(b"*3\r\n:1\r\n-ERR no\r\n:2\r\n")
    one, error, two = parser.next_value()
    assert (one, error.message, two) == (1, "ERR no", 2)


@pytest.mark.parametrize("text", ["NOAUTH Authentication required.", "ERR invalid password"])
def test_a_password_that_is_missing_or_wrong_is_an_error_of_its_own(text):
    parser = Parser()
    parser.feed(f"-{text}\r\n".encode())
    assert isinstance(parser.next_value(), NotAuthorised)


def test_the_text_of_an_error_may_be_anything():
    parser = Parser()
    parser.feed(b"-ERR unknown command '\xff\xfe'\r\n-\r\n")
    assert parser.next_value().message == "ERR unknown command '��'"
    assert parser.next_value().code == ""


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46\r\n",
        b":abc\r\n",
        b"$-5\r\n",
        b"*4294967296\r\n",
        b"*1\r\n" * 5000,
        b"%1\r\n*1\r\n:1\r\n:2\r\n",
    ],
)
def test_what_is_no_reply_is_a_protocol_error(wire):
    parser = Parser()
    parser.feed(wire)
    with pytest.raises(ProtocolError):
        parser.next_value()


def drop_by_drop(parser, data):
    for i in range(len(data)):
        drip(parser, data[i : i + 1], 1)


ABSURD = [b"*1000000000\r\n", b"*1\r\n*1000000000\r\n", b"*2\r\n+a\r\n*999999999\r\n", b">1000000000\r\n"]


@pytest.mark.parametrize("wire", ABSURD)
def test_no_room_is_made_for_an_array_that_is_longer_than_any_can_be(wire):
    whole, drops, behind = Parser(), Parser(), Parser()
    whole.feed(wire)
    with pytest.raises(ProtocolError, match="far too many elements"):
        whole.next_value()
    with pytest.raises(ProtocolError, match="far too many elements"):
        drop_by_drop(drops, wire)
    behind.feed(b"+a\r\n" + wire)
    assert behind.next_value() == b"a"
    with pytest.raises(ProtocolError, match="far too many elements"):
        behind.next_value()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_body_may_look_like_the_head_of_an_absurd_array(size):
    body = b"*1234567890\r\n*123456789\n>999999999\r\n*12"
    wire = b"*2\r\n$%d\r\n%s\r\n+*1\r\n" % (len(body), body) * 2
    parser, found = Parser(), []
    for start in range(0, len(wire), size):
        parser.feed(wire[start : start + size])
        found += values(parser)
    assert found == [[body, b"*1"]] * 2
    assert parser.pending_bytes == 0


def drip(parser, data, times):
    for _ in range(times):
        parser.feed(data)
        parser.next_value()


@pytest.mark.parametrize("head", [b"$999999\r\n", b"+", b"*1000000\r\n"])
def test_a_reply_without_end_is_given_up_at_the_limit(head):
    parser = Parser(max_reply_bytes=1000)
    parser.feed(head)
    with pytest.raises(ProtocolError, match="more than 1000 bytes"):
        drip(parser, b":1\r\n" if head.startswith(b"*") else b"x", 1001)


def test_many_small_replies_are_no_large_one():
    parser = Parser(max_reply_bytes=1000)
    parser.feed(b"+0123456789\r\n" * 1000)
    assert len(values(parser)) == 1000


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_garbage_gives_values_or_a_protocol_error_and_nothing_else(batches):
    parser = Parser()
    with suppress(ProtocolError):
        for batch in batches:
            parser.feed(batch)
            values(parser)


RESP_LIKE = st.lists(
    st.sampled_from(
        [b"*", b"$", b":", b"+", b"-", b"%", b"~", b"|", b"2", b"1", b"-1", b"\r\n", b"ab", b"\xff"]
    ),
    max_size=40,
)


@settings(deadline=None)
@given(RESP_LIKE)
def test_what_is_nearly_resp_gives_values_or_a_protocol_error(parts):
    parser = Parser()
    parser.feed(b"".join(parts))
    with suppress(ProtocolError):
        values(parser)


@settings(deadline=None)
@given(st.lists(st.binary() | st.integers() | st.text(st.characters(codec="utf-8")), min_size=1, max_size=6))
def test_a_request_reads_back_as_its_words(words):
    parser = Parser()
    parser.feed(encode(words))
    as_bytes = [
        str(w).encode() if isinstance(w, int) else w.encode() if isinstance(w, str) else w for w in words
    ]
    assert values(parser) == [as_bytes]
    assert encode_all([words, ("QLEN", "\udcff"), words]) == [
        encode(words),
        b"*2\r\n$4\r\nQLEN\r\n$1\r\n\xff\r\n",
        encode(words),
    ]


def test_bytes_that_came_as_surrogates_go_out_as_they_were():
    assert (
        encode(["QLEN", b"\xff\xfea".decode("utf-8", "surrogateescape")])
        == b"*2\r\n$4\r\nQLEN\r\n$3\r\n\xff\xfea\r\n"
    )
    assert encode(("\udcff", b"a", 7)) == b"*3\r\n$1\r\n\xff\r\n$1\r\na\r\n$1\r\n7\r\n"


@pytest.mark.parametrize("words", [[], ["QLEN", "\ud800"]])
def test_what_cannot_be_sent_is_a_usage_error(words):
    with pytest.raises(UsageError):
        encode(words)
    with pytest.raises(UsageError):
        encode_all([[b"PING"], words])


@pytest.mark.parametrize(("word", "kind"), [(["a", "b"], "list"), (None, "NoneType"), (True, "bool")])
def test_what_is_no_word_is_named(word, kind):
    with pytest.raises(TypeError, match=f"not {kind}; several are given one by one"):
        encode(("QLEN", 1, b"x", word))
    with pytest.raises(TypeError, match=f"not {kind};"):
        encode_all([["QLEN", word]])


@pytest.mark.parametrize(
    "kind", [bytearray, memoryview, lambda data: memoryview(data[:1] + b"." + data[1:])[::2]]
)
def test_a_buffer_is_sent_as_the_bytes_that_it_has_now(kind):
    buffer = kind(b"ab")
    assert encode(("X", buffer)) == encode(["X", buffer]) == b"*2\r\n$1\r\nX\r\n$2\r\nab\r\n"


def test_what_is_no_word_is_refused_beside_a_buffer_too():
    with pytest.raises(TypeError, match="not list"):
        encode(("X", bytearray(b"a"), []))
