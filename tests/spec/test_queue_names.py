"""Queue names that were meant as something else: `getjob q count 2`, `work -q a,b`, patterns."""

from __future__ import annotations

import pytest

from disquectl import Client
from disquectl.commands.getjob import COMMAND as GETJOB
from disquectl.commands.work import COMMAND as WORK
from disquectl.commands.work import queue_and_weight
from disquectl.errors import UsageError
from disquectl.spec.queue_names import doubts
from tests.conftest import run_disquectl


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((b"orders", b"count", b"2"), ["--count"]),
        ((b"orders", b"NoHang"), ["--nohang"]),
        ((b"timeout", b"5", b"from", b"orders"), ["--timeout", "leave it out"]),
        ((b"orders", b"withcounters", b"withcounters"), ["--withcounters"]),
    ],
)
def test_options_of_disque_among_the_queues_are_doubted(words, named):
    found = doubts(GETJOB, words)
    assert len(found) == len(named)
    for text, option in zip(found, named, strict=True):
        assert option in text


def test_names_that_stand_alone_and_others_are_believed():
    assert [doubts(GETJOB, [name]) for name in (b"count", b"from", b"nohang")] == [[], [], []]
    assert doubts(GETJOB, [b"orders", b"counts", b"2", b"ack", b"\xff"]) == []
    assert doubts(WORK, [b"orders", b"count", b"from"]) == []


@pytest.mark.parametrize("command", [GETJOB, WORK])
@pytest.mark.parametrize("name", [b"e*", b"mail?", b"[ab]"])
def test_patterns_are_doubted(command, name):
    (text,) = doubts(command, [name])
    assert name.decode() in text
    assert command.name in text


def test_getjob_warns_before_it_waits(node):
    with Client(node) as client:
        client.addjob("orders", "x")
    result = run_disquectl("getjob", "orders", "count", "2", node=node)
    assert result.code == 0
    assert "warning: 'count' is taken as the name of a queue; for the option write --count" in result.err
    result = run_disquectl("getjob", "orders", "e*", "nohang", "--idle", "0", node=node)
    assert result.err.count("warning:") == 2
    assert (
        run_disquectl("getjob", "orders", "nohang", "--nohang", "--quiet", node=node).err.count("warning")
        == 0
    )


def test_work_warns_of_a_pattern(node):
    result = run_disquectl("work", "-q", "e*", "--burst", "--", "true", node=node)
    assert result.code == 0
    assert "'e*' is taken as the name of one queue" in result.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b", "-q a -q b"),
        ("mail,5,default", "-q mail,5 -q default"),
        ("a, b", "-q a -q ' b'"),
        ("a,", "-q a"),
    ],
)
def test_two_queues_in_one_word_are_refused(text, said):
    with pytest.raises(UsageError) as caught:
        queue_and_weight(text)
    assert f"write {said};" in caught.value.advice


def test_a_queue_with_a_comma_takes_a_weight():
    with pytest.raises(UsageError) as caught:
        queue_and_weight("a,b")
    assert caught.value.advice.endswith("-q a,b,1")
    assert queue_and_weight("a,b,1") == (b"a,b", 1)
    assert queue_and_weight("mail,5") == (b"mail", 5)


def test_work_ends_with_2_before_it_connects():
    result = run_disquectl("work", "-q", "a,b", "--", "true", node="127.0.0.1:1")
    assert result.code == 2
    assert "-q a -q b" in result.err
