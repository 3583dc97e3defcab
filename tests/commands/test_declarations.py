"""What holds for every row: it explains itself, and it says truly what its command does."""

from __future__ import annotations

import itertools
import shlex

import pytest

from disquectl.commands import ALIASES, NAMES, all_commands, find
from disquectl.execution.parser import parse
from disquectl.spec.command import GROUPS, IDEMPOTENT, JOBS, QUEUES, READ, SERVER, WRITE
from disquectl.spec.global_options import GLOBAL_OPTIONS
from tests.support.declarations import ALL, LEAVES

# Every command of Disque 1.0-rc1 but AUTH, which is the connection's business.
VERBS = (
    "ADDJOB GETJOB ACKJOB FASTACK NACK WORKING SHOW ENQUEUE DEQUEUE DELJOB QLEN QSTAT QPEEK QSCAN JSCAN "
    "PAUSE INFO HELLO PING TIME CONFIG CLIENT CLUSTER SLOWLOG LATENCY COMMAND MONITOR BGREWRITEAOF "
    "SHUTDOWN DEBUG LOADJOB"
)
# The commands that COMMAND of a Disque 1.0-rc1 flags as `write`.
WRITES = "addjob getjob ack fastack deljob loadjob enqueue nack dequeue working"
SUBCOMMANDS = {
    "config": "get set resetstat rewrite",
    "client": "list kill getname setname pause reply",
    "cluster": "nodes info myid meet forget leaving reset saveconfig",
    "slowlog": "get len reset",
    "latency": "latest history graph doctor reset",
    "command": "count info",
    "debug": "flushall sleep error structsize loadaof restart crash-and-recover segfault assert oom",
}
DANGEROUS = (
    "shutdown",
    "config set",
    "config rewrite",
    *(f"cluster {name}" for name in ("meet", "forget", "leaving", "reset")),
    "client kill",
    "client pause",
    *(f"debug {name}" for name in SUBCOMMANDS["debug"].split()),
)
ONE_NODE = (
    *DANGEROUS,
    *("config resetstat", "cluster saveconfig", "bgrewriteaof", "slowlog reset", "latency reset"),
)


every_row = pytest.mark.parametrize("name", ALL)
every_leaf = pytest.mark.parametrize("name", LEAVES)


def test_every_command_of_disque_has_a_row_and_every_name_is_there_once():
    assert len(set(NAMES)) == len(NAMES)
    assert [command.name for command in all_commands()] == list(NAMES)
    assert set(VERBS.split()) <= {
        command.grammar.verb[0].decode() for command in all_commands() if command.grammar.verb
    }
    assert not set(ALIASES) & set(NAMES)
    assert set(ALIASES.values()) <= set(NAMES)
    assert find("no such command") is None


def test_every_subcommand_has_a_row():
    for name, inner in SUBCOMMANDS.items():
        assert [command.name for command in ALL[name].subcommands] == inner.split() or set(inner.split()) == {
            command.name for command in ALL[name].subcommands
        }


def test_rows_stand_in_the_groups_of_the_help():
    groups = {
        group: {command.name for command in all_commands() if command.group == group}
        for group in (JOBS, QUEUES, SERVER)
    }
    assert {command.group for command in all_commands()} == set(GROUPS)
    assert groups[JOBS] == set(
        "addjob getjob ack fastack nack working show enqueue dequeue deljob".split()  # noqa: SIM905
    )
    assert groups[QUEUES] == {"qlen", "qstat", "qpeek", "qscan", "jscan", "pause"}


@every_row
def test_a_row_explains_itself(name):
    command = ALL[name]
    assert command.summary[0].isupper()
    assert command.summary.endswith(".")
    assert len(command.summary) <= 72
    for parameter in (*command.grammar.arguments, *command.grammar.options):
        assert parameter.help.endswith((".", "]"))
    for error in command.errors:
        code, _, meaning = error.partition(": ")
        assert code.isupper()
        assert meaning.endswith(".")


@every_row
def test_a_verb_is_in_upper_case_and_a_subcommand_begins_with_its_command(name):
    command = ALL[name]
    assert all(word and word == word.upper() for word in command.grammar.verb)
    assert not command.grammar.verb or len(command.grammar.verb) == len(name.split())
    assert all(inner.grammar.verb[:1] == command.grammar.verb for inner in command.subcommands)


@every_row
def test_the_example_is_understood(name):
    command = ALL[name]
    words = shlex.split(command.example.split(" | ")[0].split(" > ")[0])
    assert words[0] == "disquectl"
    invocation = parse(words[1:], find)
    assert invocation is not None
    assert invocation.command is command or invocation.command in command.subcommands


@every_leaf
def test_no_two_options_share_a_name_and_none_clashes_with_the_global_ones(name):
    command = LEAVES[name]
    options = (*command.grammar.options, *GLOBAL_OPTIONS)
    flags = [option.flag for option in options] + [option.short for option in options if option.short]
    assert len(set(flags)) == len(flags)
    assert not {"-h", "--help", "--version"} & set(flags)
    names = [parameter.name for parameter in (*command.grammar.arguments, *options)]
    assert len(set(names)) == len(names)
    assert all(flag.startswith("--") and flag == flag.lower() for flag in flags if len(flag) > 2)


@every_leaf
def test_only_the_last_words_may_be_many_or_missing(name):
    arguments = LEAVES[name].grammar.arguments
    for first, second in itertools.pairwise(arguments):
        assert first.required or not second.required
        assert not first.many


def test_what_disque_calls_a_write_is_never_sent_twice_unless_it_may_be():
    effects = {command.name: command.risk.effect for command in all_commands()}
    assert {name for name, effect in effects.items() if effect == IDEMPOTENT} == {"ack", "fastack"}
    assert all(effects[name] != READ for name in WRITES.split())
    reads = "qlen qstat qpeek qscan jscan show info hello ping time command monitor"
    assert all(effects[name] == READ for name in reads.split())
    assert all(effects[name] == WRITE for name in ("pause", "shutdown", "debug", "bgrewriteaof"))


@every_leaf
def test_what_asks_and_what_goes_to_one_server_is_as_documented(name):
    command = LEAVES[name]
    if command.grammar.verb:
        assert bool(command.risk.danger) == (name in DANGEROUS)
        assert command.risk.single_node == (name in ONE_NODE)
    if command.risk.single_node:
        assert command.risk.effect == WRITE
        assert command.risk.ambiguous_with_redis
    if command.risk.danger:
        assert "--yes" in command.example or name == "cluster leaving"


def test_the_same_command_may_be_harmless_with_other_words():
    leaving, pause = ALL["cluster leaving"], ALL["pause"]
    assert leaving.risk.only_reads([b"CLUSTER", b"LEAVING"])
    assert leaving.risk.danger_of([b"CLUSTER", b"LEAVING", b"yes"])
    assert not leaving.risk.danger_of([b"CLUSTER", b"LEAVING", b"no"])
    assert not leaving.risk.may_repeat([b"CLUSTER", b"LEAVING", b"no"])
    assert pause.risk.only_reads([b"PAUSE", b"q", b"state"])
    assert pause.risk.may_repeat([b"PAUSE", b"q", b"STATE"])
    for words in ([b"in"], [b"state", b"bcast"], [b"state", b"none"], []):
        assert not pause.risk.only_reads([b"PAUSE", b"q", *words])
