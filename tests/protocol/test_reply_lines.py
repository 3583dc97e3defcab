"""Replies of one line are counted without parsing each, however they are cut."""

import random

import pytest

from disquectl.protocol.reply_lines import JOB_ID, NUMBER, ReplyLines

ID = b"+D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1\r\n"
TRICKY = b"+D-dcb833cf-8YL1NT17e9+wsA/09Nqxsc+D-05a1\r\n"
NOREPL = b"-NOREPL Not enough reachable nodes\r\n"


def test_ids():
    lines = ReplyLines(JOB_ID)
    assert lines.feed(ID * 3) == (3, 3)
    assert lines.feed(TRICKY * 2) == (2, 2)
    assert lines.errors == {}


def test_errors_by_code():
    lines = ReplyLines(JOB_ID)
    assert lines.feed(NOREPL + ID + b"-OOM\r\n" + TRICKY + NOREPL) == (5, 2)
    assert lines.errors == {"NOREPL": 2, "OOM": 1}


def test_an_error_is_not_hidden_by_an_id_that_looks_like_two():
    lines = ReplyLines(JOB_ID)
    assert lines.feed(TRICKY + NOREPL) == (2, 1)


@pytest.mark.parametrize("odd", [b":1\r\n", b"+OK\r\n", b"$-1\r\n", b"\r\n", b"- \r\n"])
def test_what_is_no_reply_to_addjob(odd):
    lines = ReplyLines(JOB_ID)
    assert lines.feed(odd + ID) == (2, 1)
    assert sum(lines.errors.values()) == 1


def test_numbers():
    lines = ReplyLines(NUMBER)
    assert lines.feed(b":0\r\n:12\r\n" + NOREPL + b"+OK\r\n") == (4, 2)
    assert lines.errors == {"NOREPL": 1, "?": 1}


def test_any_cuts_give_the_same():
    chance = random.Random(5)
    data = b"".join(chance.choice((ID, ID, TRICKY, NOREPL)) for _ in range(400))
    whole = ReplyLines(JOB_ID)
    expected = whole.feed(data)
    for _ in range(50):
        lines, rest, counted = ReplyLines(JOB_ID), data, [0, 0]
        while rest:
            size = chance.randint(1, 120)
            count, ids = lines.feed(rest[:size])
            counted = [counted[0] + count, counted[1] + ids]
            rest = rest[size:]
        assert (tuple(counted), lines.errors) == (expected, whole.errors)
