"""Which dead letters and failing jobs are meant, word by word."""

from __future__ import annotations

import pytest

from disquectl.spec.parameters import convert
from disquectl.spec.selection import CONTENT_OPTIONS, ORDER_OPTIONS, Selection
from disquectl.worker.dead_letters import DeadLetters, failing
from disquectl.worker.dead_selection import DeadSelection
from tests.commands.test_dead import letter as body_of

JOB = "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
OWN = "D-60c335b3-AAAAWu63Ny89fXBPj66cnFnU-05a1"
DOUBLE = "D-60c335b3-BBBBWu63Ny89fXBPj66cnFnU-05a1"
# Created at 1000 s, died at 5000 s.
TIMES = {"created": "1970-01-01T00:16:40Z", "failed": "1970-01-01T01:23:20Z"}
NOW = 6000.0


def chosen(*names, ids=None, now=NOW, **values):
    typed = {
        name: value for name, value in values.items() if name not in ("exit", "signal", "older", "newer")
    }
    jobs = Selection(convert((*CONTENT_OPTIONS, *ORDER_OPTIONS), typed), ids=ids)
    return DeadSelection(names, values, jobs, now)


def letters(body="hello", **fields):
    found = DeadLetters(b"")
    add(found, OWN, body, **fields)
    return found


def add(found, own, body="hello", state="queued", **fields):
    text = body_of(body, **({"job": JOB} | TIMES | fields)).encode()
    found.add("node", {"id": own, "queue": b"dead:q", "body": text, "state": state})


def is_wanted(selection, found=None):
    return bool((found or letters()).wanted(selection))


def test_all_without_words():
    assert is_wanted(chosen())
    assert not chosen().selects


@pytest.mark.parametrize("name", ["q", "dead:q", JOB, OWN])
def test_by_queue_and_id(name):
    assert is_wanted(chosen(b"other", name.encode()))
    assert not is_wanted(chosen(b"other"))
    assert chosen(b"other").selects


def test_by_the_id_of_a_letter_that_was_added_twice():
    found = letters()
    add(found, DOUBLE)
    assert len(found.wanted(chosen())) == 1
    assert is_wanted(chosen(DOUBLE.encode()), found)
    assert is_wanted(chosen(ids=frozenset((DOUBLE.encode(),))), found)


def test_by_pattern_unless_a_queue_has_that_name():
    for pattern in (b"?", b"dead:*"):
        selection = chosen(pattern)
        selection.queues.settle(())
        assert is_wanted(selection)
    selection = chosen(b"?")
    selection.queues.settle({b"?"})
    assert not is_wanted(selection)
    assert letters().queues == {b"q", b"dead:q"}


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ({"exit": 75}, {"exit": 1}),
        ({"older": 1_000_000}, {"older": 1_000_001}),
        ({"newer": 1_000_000}, {"newer": 999_999}),
        ({"older_than": "5000"}, {"older_than": "5001"}),
        ({"newer_than": "5000"}, {"newer_than": "4999"}),
        ({"nacks_over": "25"}, {"nacks_over": "26"}),
        ({"larger_than": "4"}, {"larger_than": "5"}),
        ({"smaller_than": "6"}, {"smaller_than": "5"}),
        ({"contains": "ell"}, {"contains": "no"}),
        ({"contains": "ELL", "ignore_case": True}, {"contains": "ELL"}),
        ({"grep": "^h"}, {"grep": "^e"}),
        ({"grep": "^e", "invert": True}, {"grep": "^h", "invert": True}),
        ({"ids": frozenset((JOB.encode(),))}, {"ids": frozenset()}),
        ({"ids": frozenset((OWN.encode(),))}, {"ids": frozenset((DOUBLE.encode(),))}),
    ],
    ids=str,
)
def test_by_what_the_letter_tells(yes, no):
    assert is_wanted(chosen(**yes))
    assert not is_wanted(chosen(**no))
    assert "ids" in yes or chosen(**yes).selects


def test_by_signal_and_by_member():
    assert is_wanted(chosen(signal=9), letters(exit=None, signal=9))
    assert not is_wanted(chosen(signal=9))
    assert is_wanted(chosen(field=("user.id=42",)), letters('{"user": {"id": 42}}'))
    assert not is_wanted(chosen(field=("user.id=42",)))


@pytest.mark.parametrize("odd", [None, "yesterday", "0001-01-01", [1], {}])
def test_odd_values_of_other_programs(odd):
    found = letters(created=odd, failed=odd, attempts=odd)
    assert is_wanted(chosen(older=10, older_than="10s"), found)
    assert not is_wanted(chosen(nacks_over="0"), found)


def test_the_order_of_the_deaths_and_the_limit():
    found = DeadLetters(b"")
    add(found, OWN, "b", failed="1970-01-01T00:00:02Z")
    add(found, DOUBLE, "a", failed="1970-01-01T00:00:01Z", state="active")
    assert [one["body"] for one in found.wanted(chosen())] == [b"a", b"b"]
    assert [one["body"] for one in found.wanted(chosen(limit="1", newest=True))] == [b"b"]
    assert found.unqueued(found.wanted(chosen())) == 1
    assert found.unqueued(found.wanted(chosen(newest=True, limit="1"))) == 0


def test_strays_of_the_queues_that_are_meant():
    found = DeadLetters(b"")
    found.add("node", {"id": OWN, "queue": b"app:dead:mail", "body": b"x", "state": "queued"})
    found.add("other", {"id": OWN, "queue": b"app:dead:mail", "body": b"x", "state": "active"})
    for names in ((), (b"app:mail",), (b"app:dead:mail",)):
        assert found.wanted_strays(chosen(*names)) == 1
    assert found.wanted_strays(chosen(b"mail")) == 0


def test_failing_jobs_by_their_own_counters():
    job = {"id": JOB, "queue": b"q", "nacks": 2, "additional_deliveries": 0, "state": "active", "body": b"x"}
    job |= {"next_requeue_within": 5, "ttl": 9, "ctime": 1_000_000_000_000}
    more = {**job, "nacks": 3}

    def found(*names, **values):
        return failing([dict(job), dict(more)], chosen(*names, **values).wants_failing)

    assert len(found()) == len(found(b"q")) == len(found(JOB.encode())) == 1
    assert len(found(nacks_over="2")) == len(found(contains="x")) == len(found(older_than="5000")) == 1
    assert found(b"other") == found(nacks_over="3") == found(contains="y") == found(newer_than="1s") == []
