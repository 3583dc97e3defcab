"""What the rows say of a request holds: may it be sent again, and does the client's method agree."""

from __future__ import annotations

import inspect

import pytest

from disquectl import Client
from disquectl.commands import command_of
from disquectl.protocol.resp import encode
from tests.conftest import run_disquectl
from tests.support.declarations import ALL

ID = "D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
# Methods that need more than a word for each of their required parameters.
ARGUMENTS = {"debug": ("STRUCTSIZE",), "cluster_meet": ("127.0.0.1", 7711), "getjob": ("mail",)}
# What is not a command, or goes another way than `call`.
OTHERS = {"qscan_all", "jscan_all", "monitor", "auth"} | set(vars(Client))


class Watched(Client):
    """Notes what would be sent, and how, and answers nothing."""

    def __init__(self):
        super().__init__()
        self._request = self._note

    def _note(self, words, repeatable=False, wait_ms=0, failover=True, last_words=False):
        self.asked = ([encode([word]).split(b"\r\n")[2] for word in words], repeatable)
        raise InterruptedError


METHODS = [
    name
    for name, method in inspect.getmembers(Client, inspect.isfunction)
    if not name.startswith("_") and name not in OTHERS
]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_the_client_repeats_what_its_row_repeats_and_nothing_else(name):
    client = Watched()
    required = [
        parameter
        for parameter in inspect.signature(getattr(client, name)).parameters.values()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    words = ARGUMENTS.get(name, tuple(1 if "int" in str(one.annotation) else ID for one in required))
    with pytest.raises(InterruptedError):
        getattr(client, name)(*words)
    sent, repeatable = client.asked
    command = command_of(sent)
    assert command.name != "exec"
    # What names one connection is not sent again on another one.
    assert repeatable == command.risk.may_repeat(sent) or sent[1] in (b"GETNAME", b"SETNAME")


def test_every_command_has_a_method():
    names = {name.partition("_")[0] for name in (*METHODS, "monitor")}
    verbs = {
        command.grammar.verb[0].decode().lower() for name, command in ALL.items() if command.grammar.verb
    }
    assert verbs <= names | {"client", "cluster", "config", "slowlog", "latency"}
    assert {"client", "cluster", "config", "slowlog", "latency"} <= names


def test_every_command_of_the_server_has_a_row_and_its_flags_agree(node):
    done = run_disquectl("command", "--columns", "name,flags", node=node)
    flags = dict(line.split("\t") for line in done.out.splitlines())
    assert flags.pop("auth")
    assert len(flags) == 31
    for name, words in flags.items():
        command = command_of([name.encode()])
        assert command.name != "exec", name
        if "write" in words.split(","):
            assert command.risk.effect != "read", name
