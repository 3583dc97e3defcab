"""The close look at dead letters: which are kept, and each once."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from disquectl.merge.replicas import NAMES
from disquectl.top import dead_look
from disquectl.top.dead_look import DeadLook

ALL = lambda _: True  # noqa: E731
NODE = SimpleNamespace(node_id="a" * 40)
PEEK = [b"QPEEK", b"dead:mail", b"-100"]


def body(number):
    fields = (
        "body",
        "created",
        "exit",
        "signal",
        "reason",
        "stderr",
        "retry",
        "ttl",
        "replicate",
        "attempts",
    )
    letter = dict.fromkeys(fields)
    letter |= {"v": 1, "queue": "mail", "id": f"D-{number}", "failed": f"2026-01-01T00:00:{number:02d}Z"}
    letter |= {"body": "x", "stderr": ""}
    return json.dumps(letter).encode()


def job_id(number):
    return b"D-aaaaaaaa-%024d-05a1" % number


def replica(number, state=b"queued", queue=b"dead:mail"):
    values = dict.fromkeys(NAMES) | {b"id": job_id(number), b"queue": queue, b"state": state}
    values[b"body"] = body(number)
    return [part for pair in values.items() for part in pair]


def peeked(look, *numbers):
    assert look.requests() == [PEEK]
    reply = [[b"dead:mail", job_id(number), body(number)] for number in numbers]
    assert look.take(NODE, PEEK, reply) == []


def seen(look):
    return [int(letter["job"][2:]) for letter in look.records({}, [])]


@pytest.fixture
def look():
    return DeadLook(lambda: [b"mail", b"dead:mail", b"dead:other"], lambda name: name != b"dead:other")


def test_letters_at_the_end_of_their_queues_and_those_that_a_scan_finds(look):
    peeked(look, 1, 3)
    pages = [replica(2, b"active"), replica(4), replica(5, queue=b"mail"), replica(6, b"acked")]
    look.see_page("a" * 40, [*pages, replica(7, queue=b"dead:other")], 0.0)
    # 4 was queued when it was scanned, and is no longer: it was dropped.
    assert seen(look) == [3, 2, 1]
    peeked(look, 3)
    assert seen(look) == [3, 2]
    for _ in range(2):
        look.pass_ended()
    assert seen(look) == [3]


def test_a_letter_that_was_added_twice_counts_once(look):
    look.requests()
    look.take(NODE, PEEK, [[b"dead:mail", job_id(1), body(1)], [b"dead:mail", job_id(2), body(1)]])
    assert seen(look) == [1]


def test_a_job_that_is_no_letter_is_none(look):
    look.requests()
    look.take(NODE, PEEK, [[b"dead:mail", job_id(1), b"\xff"]])
    assert seen(look) == []


def test_a_reply_to_the_look_before_is_left_out(look):
    look.requests()
    assert look.take(NODE, [b"QPEEK", b"mail", b"40"], [[b"mail", job_id(1), b"x"]]) == []
    assert look.take(NODE, [b"SHOW", job_id(1)], None) == []
    assert seen(look) == []


def test_memory_is_bounded(look, monkeypatch):
    monkeypatch.setattr(dead_look, "_KEPT", 10)
    for first in range(0, 50, 5):
        peeked(look, *range(first, first + 5))
        look.see_page("a" * 40, [replica(number, b"active") for number in range(50)], 0.0)
        assert len(look._letters) <= 10
        assert set(range(first, first + 5)) & set(seen(look))
        look.pass_ended()
        look.pass_ended()


def test_large_bodies_are_asked_for_less(look, monkeypatch):
    monkeypatch.setattr(dead_look, "MUCH_BYTES", 10)
    peeked(look, 1)
    assert look.requests() == [[b"QPEEK", b"dead:mail", b"-50"]]


def test_the_newest_of_a_long_queue(look, monkeypatch):
    monkeypatch.setattr(dead_look, "_PEEKED", 1)
    look.requests()
    look.take(NODE, [b"QPEEK", b"dead:mail", b"-1"], [[b"dead:mail", job_id(9), body(9)]])
    look.see_page("a" * 40, [replica(2)], 0.0)
    assert seen(look) == [9, 2]
