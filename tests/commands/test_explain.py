"""`explain` knows every word on the screen; `--help` names every column."""

from __future__ import annotations

import json

import pytest

from disquectl.commands import all_commands
from disquectl.commands.client import CLIENT_FIELDS
from disquectl.manual.columns import columns_of
from disquectl.merge.nodes import _STATES
from disquectl.merge.states import STATES
from disquectl.spec.vocabulary import COLUMNS, EXIT_CODES
from tests.conftest import run_disquectl

WITH_COLUMNS = [
    one for command in all_commands() for one in (command, *command.subcommands) if len(columns_of(one)) > 1
]


def explained(*words: str) -> list[dict[str, str]]:
    done = run_disquectl("explain", *words, "-o", "json")
    assert (done.code, done.err) == (0, ""), words
    found = json.loads(done.out)
    return found if isinstance(found, list) else [found]


def test_there_are_commands_with_columns():
    assert {"queues", "jobs", "nodes", "trace", "dead"} <= {one.name for one in WITH_COLUMNS}


@pytest.mark.parametrize("command", WITH_COLUMNS, ids=lambda command: command.full_name)
def test_every_column_has_a_meaning_and_the_help_lists_it(command):
    words = command.example.split()[1:]
    names = words[:2] if command.group == "" else words[:1]
    shown = run_disquectl(*names, "--help", COLUMNS="200").out.partition("\nColumns:\n")[2]
    for name, meaning in columns_of(command):
        assert meaning, name
        assert any(line.split()[:1] == [name] for line in shown.splitlines()), name


@pytest.mark.parametrize(
    "words",
    [
        *STATES,
        *("active", "wait-repl", "none", "in", "out", "all"),
        *("ok", "full", "no copies", "leaving", "failing", "down", "aof error"),
        *_STATES.values(),
        *("1", "5", "10", "100"),
        *(str(code) for code, _ in EXIT_CODES),
        *("exit 8", "exit code 130"),
        *(column for columns in COLUMNS.values() for column in columns),
        *CLIENT_FIELDS,
    ],
)
def test_every_word_is_known(words, capsys):
    from disquectl.commands.explain import explanations

    assert all(record["meaning"] for record in explanations(words))


def test_a_word_is_explained_for_each_place():
    assert {one["command"] for one in explained("in-flight")} == {"queues", "top", "state of a job"}
    assert {one["command"] for one in explained("5")} == {"priority in HELLO", "exit code"}
    assert {one["command"] for one in explained("aof", "error")} == {"health of a node"}


@pytest.mark.parametrize(
    ("message", "code", "advice"),
    [
        ("NOREPL Timeout reached before replicating to the requested number of nodes", "NOREPL", "delivered"),
        ("disquectl: PAUSED Queue paused in input, try later (queue `q` is paused)", "PAUSED", "pause QUEUE"),
        ("(error) ERR Unknown node abc", "ERR", "cluster nodes"),
        ("disquectl: ERR With RETRY set to 0 please explicitly set", "ERR", "--replicate 1"),
    ],
)
def test_a_message_may_be_pasted_whole(message, code, advice):
    for words in ([message], message.split()):
        (found,) = explained(*words)
        assert found["code"] == code
        assert advice in found["advice"]


def test_a_text_that_only_mentions_a_code_is_no_message():
    done = run_disquectl("explain", "the err of my ways")
    assert done.code == 2
    assert "not an error code, job ID, state, column or exit code" in done.err
    assert "did you mean in-flight" in run_disquectl("explain", "inflihgt").err
