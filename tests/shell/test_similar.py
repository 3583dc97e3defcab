"""Which unknown words are taken for misspelt commands."""

from __future__ import annotations

import pytest

from disquectl.commands import NAMES
from disquectl.shell.builtins import BUILTINS
from disquectl.shell.grammar import read
from disquectl.shell.similar import similar_commands


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("queus", "queues"),
        ("jbos", "jobs"),
        ("noeds", "nodes"),
        ("tarce", "trace"),
        ("daed", "dead"),
        ("wrok", "work"),
        ("QLNE", "qlen"),
        ("conect", "connect"),
        ("histroy", "history"),
        ("wacth", "watch"),
        ("\\wacth", "\\watch"),
        ("ackjbo", "ackjob"),
    ],
)
def test_a_misspelt_name(typed: str, meant: str) -> None:
    assert similar_commands(typed) == [meant]


def test_one_wrong_letter_in_any_name_is_noticed() -> None:
    for name in (*NAMES, *(command.name for command in BUILTINS)):
        if len(name) > 2 and name[0] != "\\":
            assert name in similar_commands(name[:-1] + "#"), name


@pytest.mark.parametrize("typed", ["FROB", "foo", "x", "", "subscribe", "keys", "ab", "\\xx"])
def test_a_word_that_is_far_from_all_names(typed: str) -> None:
    assert similar_commands(typed) == []


def test_the_line_below_asks_for_the_right_name() -> None:
    (wrong,) = list(read("queus mail").problems)
    assert wrong.problem == "unknown command queus: did you mean queues?"
