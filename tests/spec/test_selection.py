"""Which jobs are selected, word by word."""

from __future__ import annotations

import pytest

from disquectl.errors import UsageError
from disquectl.spec.parameters import convert
from disquectl.spec.selection import SELECTION_OPTIONS, Selection

JOB = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
OTHER = b"D-00000000-8YL1NT17e9+wsA/09NqxscQI-05a1"


def selection(ids=None, **raw):
    return Selection(convert(SELECTION_OPTIONS, raw), ids=None if ids is None else frozenset(ids))


def takes(chosen, body=b"hello", queue=b"mail", job_id=JOB):
    return chosen.wants_content(queue, job_id, body)


def keeps(chosen, *, state="queued", age_ms=60_000, ttl_ms=3_600_000, nacks=0, deliveries=0):
    return chosen.wants_status(state, age_ms, ttl_ms, nacks, deliveries)


def test_without_words_every_job_is_meant():
    assert takes(selection())
    assert keeps(selection())
    assert keeps(selection(), age_ms=-1.0)


@pytest.mark.parametrize(
    ("words", "yes", "no"),
    [
        ({"contains": "ell"}, b"hello", b"HELLO"),
        ({"contains": "ell", "ignore_case": True}, b"HELLO", b"help"),
        ({"contains": "ÄRGER", "ignore_case": True}, "ärger".encode(), b"anger"),
        ({"contains": "a.c"}, b"a.c", b"abc"),
        ({"contains": "A.C", "ignore_case": True}, b"a.c", b"abc"),
        ({"grep": "^h.*o$"}, b"h\no", b"ho!"),
        ({"grep": "HELLO", "ignore_case": True}, b"hello\xff", b"\xff"),
        ({"grep": "hello", "invert": True}, b"other", b"hello"),
        ({"larger_than": "1kb"}, b"x" * 1025, b"x" * 1024),
        ({"smaller_than": "1k"}, b"x" * 999, b"x" * 1000),
        ({"field": ("user.id=42",)}, b'{"user": {"id": 42}}', b'{"user": {"id": "4"}}'),
        ({"field": ("user.id=42",)}, b'{"user": {"id": "42"}}', b'{"user": 42}'),
        ({"field": ("items.0.sku=A-1",)}, b'{"items": [{"sku": "A-1"}]}', b'{"items": []}'),
        ({"field": ("items.1",)}, b'{"items": [0, null]}', b'{"items": [0]}'),
        ({"field": ("error",)}, b'{"error": null}', b'{"no": 1}'),
        ({"field": ("n<10",)}, b'{"n": 9.5}', b'{"n": 10}'),
        ({"field": ("n>9",)}, b'{"n": 10}', b'{"n": "text"}'.replace(b"text", b"1")),
        ({"field": ("at>2026",)}, b'{"at": "2026-01-01"}', b'{"at": "2025-12-31"}'),
        ({"field": ("ok=true",)}, b'{"ok": true}', b'{"ok": 1}'),
        ({"field": ("ok!=true",)}, b'{"ok": 1}', b"{}"),
        ({"field": ("a\\.b=1",)}, b'{"a.b": 1}', b'{"a": {"b": 1}}'),
        ({"field": ("url=a=b",)}, b'{"url": "a=b"}', b'{"url": "a"}'),
        ({"field": ("a=1", "b")}, b'{"a": 1, "b": 2}', b'{"a": 1}'),
        ({"field": ("a",)}, b'{"a": 1}', b"not JSON"),
        ({"field": ("a",), "invert": True}, b"not JSON", b'{"a": 1}'),
        ({"field": ("a",)}, b'{"a": 1}', b"[" * 100_000),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_body_is_selected_by(words, yes, no):
    assert takes(selection(**words), yes)
    assert not takes(selection(**words), no)


def test_what_all_replicas_agree_in():
    chosen = Selection({"queue": (b"mail", b"sms")})
    assert takes(chosen, queue=b"sms")
    assert not takes(chosen, queue=b"push")
    assert takes(selection(created_by="dcb833cf5d"))
    assert not takes(selection(created_by="DCB833CF"), job_id=OTHER)
    assert takes(selection(created_by="dc"))
    assert takes(selection(ids={JOB}))
    assert not takes(selection(ids={JOB}), job_id=OTHER)
    assert not takes(selection(ids=set()))


def test_queue_words_can_be_patterns():
    chosen = Selection({"queue": (b"mail*",)})
    chosen.queues.settle(())
    assert takes(chosen, queue=b"mail2")
    assert not takes(chosen, queue=b"sms")
    assert takes(Selection({"queue": (b"mail*",)}, patterns=False), queue=b"mail*")


def test_what_a_scan_can_do_without():
    assert Selection({"queue": (b"mail",)}).only_queue == b"mail"
    assert Selection({"queue": (b"mail", b"sms")}).only_queue is None
    assert selection().only_queue is None
    assert not selection().tests_content
    assert not selection(older_than="1h").tests_content
    for words in (
        {"larger_than": "0"},
        {"smaller_than": "0"},
        {"contains": "x"},
        {"grep": "x"},
        {"field": ("x",)},
        {"created_by": "dc"},
        {"ids": ()},
    ):
        assert selection(**words).tests_content


def test_order():
    assert (selection().limit, selection().newest) == (None, False)
    chosen = selection(limit="0", newest=True)
    assert (chosen.limit, chosen.newest) == (0, True)


def test_inverting_inverts_the_body_alone():
    chosen = Selection({"queue": (b"mail",), "grep": b"x", "invert": True})
    assert takes(chosen, b"y")
    assert not takes(chosen, b"y", queue=b"sms")


@pytest.mark.parametrize(
    ("words", "yes", "no"),
    [
        ({"state": ("queued", "delayed")}, {"state": "delayed"}, {"state": "in-flight"}),
        ({"older_than": "5m"}, {"age_ms": 300_000}, {"age_ms": 299_999}),
        ({"newer_than": "5m"}, {"age_ms": 300_000}, {"age_ms": 300_001}),
        ({"ttl_below": "1h"}, {"ttl_ms": 3_599_999}, {"ttl_ms": 3_600_000}),
        ({"ttl_over": "1h"}, {"ttl_ms": 3_600_001}, {"ttl_ms": 3_600_000}),
        ({"nacks_over": "2"}, {"nacks": 3}, {"nacks": 2}),
        ({"deliveries_over": "0"}, {"deliveries": 1}, {"deliveries": 0}),
    ],
    ids=str,
)
def test_a_job_is_selected_by(words, yes, no):
    assert keeps(selection(**words), **yes)
    assert not keeps(selection(**words), **no)


@pytest.mark.parametrize(
    "words",
    [
        {"contains": ""},
        {"grep": ""},
        {"grep": "("},
        {"ids_from": ""},
        {"field": ("",)},
        {"field": ("=1",)},
        {"field": ("a..b",)},
        {"created_by": ""},
        {"created_by": "queue1"},
        {"invert": True},
        {"ignore_case": True},
        {"larger_than": "much"},
        {"smaller_than": "1.5kb"},
        {"state": ("gone",)},
    ],
    ids=str,
)
def test_what_selects_nothing_in_particular_is_refused(words):
    with pytest.raises(UsageError):
        selection(**words)


def test_without_created_by_an_id_of_any_length_is_meant():
    assert Selection({}).wants_content(b"q", b"x", b"")
