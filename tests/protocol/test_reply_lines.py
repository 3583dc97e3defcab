"""Replies are counted without parsing each, however they are cut."""

import random

import pytest

from disquectl.protocol.reply_lines import AnyReplies, ReplyLines
from disquectl.protocol.resp import ProtocolError

ID = b"+D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n"
TRICKY = b"+D-dcb833cf-8YL1NT17e9+wsA/09Nqxsc+D-05a1\r\n"
NOREPL = b"-NOREPL Not enough reachable nodes\r\n"


def test_ids():
    lines = ReplyLines()
    assert lines.feed(ID * 3) == (3, 3)
    assert lines.feed(TRICKY * 2) == (2, 2)
    assert lines.errors == {}


def test_errors_by_code():
    lines = ReplyLines()
    assert lines.feed(NOREPL + ID + b"-OOM\r\n" + TRICKY + NOREPL) == (5, 2)
    assert lines.errors == {"NOREPL": 2, "OOM": 1}


def test_an_error_is_not_hidden_by_an_id_that_looks_like_two():
    lines = ReplyLines()
    assert lines.feed(TRICKY + NOREPL) == (2, 1)


@pytest.mark.parametrize("odd", [b":1\r\n", b"+OK\r\n", b"$-1\r\n", b"\r\n", b"- \r\n"])
def test_what_is_no_reply_to_addjob(odd):
    lines = ReplyLines()
    assert lines.feed(odd + ID) == (2, 1)
    assert sum(lines.errors.values()) == 1


def test_any_cuts_give_the_same():
    chance = random.Random(5)
    data = b"".join(chance.choice((ID, ID, TRICKY, NOREPL)) for _ in range(400))
    whole = ReplyLines()
    expected = whole.feed(data)
    for _ in range(50):
        lines, rest, counted = ReplyLines(), data, [0, 0]
        while rest:
            size = chance.randint(1, 120)
            count, ids = lines.feed(rest[:size])
            counted = [counted[0] + count, counted[1] + ids]
            rest = rest[size:]
        assert (tuple(counted), lines.errors) == (expected, whole.errors)


# Replies of any kind


def fed(*parts):
    """The sums of what was counted, and the errors."""
    replies = AnyReplies()
    counted = [replies.feed(part) for part in parts]
    return sum(count for count, _ in counted), sum(done for _, done in counted), replies.errors


LINES = b":3\r\n:14\r\n-LOADING busy\r\n:0\r\n"
BULKS = b"$5\r\na\r\n:1\r\n*-1\r\n$-1\r\n*2\r\n:1\r\n+OK\r\n-ERR no\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (LINES, (4, 3, {"LOADING": 1})),
        (b"+PONG\r\n" * 3, (3, 3, {})),
        (BULKS, (5, 4, {"ERR": 1})),
        (NOREPL + LINES, (5, 3, {"NOREPL": 1, "LOADING": 1})),
        (b"", (0, 0, {})),
    ],
)
def test_replies_of_any_kind(data, expected):
    assert fed(data) == expected
    for cut in range(len(data)):
        assert fed(data[:cut], data[cut:]) == expected
    assert fed(*(data[at : at + 1] for at in range(len(data)))) == expected


def test_a_reply_of_another_kind_is_an_error():
    assert fed(b":1\r\n+OK\r\n") == (2, 1, {"?": 1})


def test_what_is_no_reply():
    with pytest.raises(ProtocolError):
        fed(b"HTTP/1.1 400 Bad Request\r\n")
