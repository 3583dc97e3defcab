"""The row behind a line of Disque's own words, and how long the server may hold it."""

from __future__ import annotations

import pytest

from disquectl.commands import command_of
from disquectl.spec.command import WRITE
from disquectl.spec.native_words import own_wait_ms


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("QLEN q", (b"QLEN",)),
        ("ackjob x", (b"ACKJOB",)),
        ("Config Get *", (b"CONFIG", b"GET")),
        ("CLUSTER leaving yes", (b"CLUSTER", b"LEAVING")),
        ("config", (b"CONFIG",)),
        ("command", (b"COMMAND",)),
        ("CONFIG SET\0 hz 10", (b"CONFIG", b"SET")),
    ],
)
def test_words_find_their_row(line, verb):
    assert command_of(line.encode().split()).grammar.verb == verb


UNKNOWN = ["ack x", "exec qlen q", "sandbox", "frobnicate", "config nothing", "qlen\0 q", "auth pw", "\xff"]


@pytest.mark.parametrize("line", UNKNOWN)
def test_a_word_without_a_row_is_a_write_that_a_redis_may_know(line):
    command = command_of(line.encode("latin-1").split())
    assert (command.name, command.risk.effect, command.risk.ambiguous_with_redis) == ("exec", WRITE, True)
    assert not command.risk.may_repeat([b"x"])


def test_any_subcommand_of_what_is_dangerous_as_a_whole_is_dangerous():
    command = command_of([b"debug", b"something-new"])
    assert command.risk.danger
    assert command.risk.single_node
    assert command.risk.effect == WRITE


@pytest.mark.parametrize(
    ("line", "wait"),
    [
        ("QLEN q", 0),
        ("ADDJOB q b 500", 500),
        ("ADDJOB q b 0", None),
        ("addjob q b 0 ttl 5 Async", 0),
        ("ADDJOB q async 0", None),
        ("ADDJOB q b", 0),
        ("ADDJOB q b x", 0),
        ("GETJOB FROM q", None),
        ("getjob from timeout", None),
        ("GETJOB NOHANG FROM q", 0),
        ("GETJOB FROM\0 q", None),
        ("GETJOB NOHANG\0x FROM q", 0),
        ("GETJOB TIMEOUT\0 +7 FROM q", 7),
        ("GETJOB TIMEOUT \0 FROM q", None),
        ("ADDJOB q b -0", None),
        ("ADDJOB q b 5\0abc", 5),
        ("GETJOB TIMEOUT 300 FROM q", 300),
        ("GETJOB TIMEOUT 0 FROM q", None),
        ("GETJOB COUNT 2 TIMEOUT 7 FROM q nohang", 7),
        ("GETJOB TIMEOUT FROM q", None),
        ("GETJOB q", 0),
        ("GETJOB", 0),
    ],
)
def test_addjob_and_getjob_wait_by_their_own_timeouts(line, wait):
    assert own_wait_ms(line.encode().split()) == wait
