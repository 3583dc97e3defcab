"""monitor: which commands it shows, and how on a terminal."""

from __future__ import annotations

import json
import re

import pytest

from disquectl import Client
from disquectl.config.file import load
from disquectl.config.settings import resolve
from disquectl.execution.streams import process_streams
from disquectl.shell import refresh
from disquectl.shell.actions import run_builtin
from disquectl.shell.options import ShellOptions
from disquectl.shell.state import Shell
from tests.conftest import run_disquectl
from tests.support.processes import running
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

LAST = "the last one"


def watching(client):
    wait_until(lambda: any("O" in entry["flags"] for entry in client.client_list()))


def seen(node, act, *options):
    """The commands that `monitor` shows while this is done."""
    with Client(node) as client, running("monitor", "-o", "jsonl", *options, node=node) as process:
        watching(client)
        act(client)
        client.call("ping", repeatable=False)
        found = []
        for line in process.stdout:
            args = json.loads(line)["args"]
            if args[0] == "ping":
                return found
            found.append(" ".join(args[:2]))
    raise AssertionError(found)


def some(client):
    client.call("AddJob", "q", "b", 0)
    client.call("CONFIG", "GET", "maxmemory")
    client.call("CLIENT", "LIST")
    client.call("ACKJOB", "D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1")


def some_shown(node, *options):
    return [one for one in seen(node, some, *options, "--exclude", "client list") if one != "CLIENT LIST"]


def test_only_and_exclude_choose_commands_in_any_case(node):
    job = "ACKJOB D-60c335b3-yRiaWu63Ny89fXBPj66cnFnU-05a1"
    assert some_shown(node, "--only", "ADDJOB", "--only", "ack", "--only", "ping") == ["AddJob q", job]
    assert some_shown(node, "--exclude", "addjob", "--exclude", "Config") == [job]
    assert some_shown(node, "--only", "config get", "--only", "ping") == ["CONFIG GET"]


@pytest.mark.parametrize("option", ["--only", "--exclude"])
def test_an_unset_variable_is_no_command(option):
    assert run_disquectl("monitor", option, "", node="127.0.0.1:1").code == 2


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_what_a_shell_looks_up_is_left_out_unless_asked_for(node, options):
    def look(client):
        settings = resolve({"node": (node,)}, {})
        shell = Shell(
            settings, process_streams(), ShellOptions(load(None, {})), run_builtin, interactive=False
        )
        refresher = refresh.Refresher(shell)
        refresher.changed = refresher.stop
        refresher._run()
        shell.close()
        client.call("QSCAN", 0)

    shown = [one for one in seen(node, look, *options) if one != "CLIENT LIST"]
    own = ["CLIENT SETNAME", "HELLO", "CONFIG GET", "QSCAN 0"] if options else []
    assert shown == [*own, "QSCAN 0"]


def test_on_a_terminal_it_shows_the_time_of_day_and_what_can_be_pasted(node):
    with Client(node) as client, Terminal("monitor", node=node, columns=60) as terminal:
        watching(client)
        client.qlen('a "b"\x1b')
        client.addjob("q", "x" * 100)
        terminal.wait_for("\u2026")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert re.search(
            r'(?m)^\d\d:\d\d:\d\d\.\d{3} 127\.0\.0\.1:\d+ +\x1b\[36mQLEN\x1b\[0m "a \\"b\\"\\x1b"$',
            terminal.seen,
        )


def test_on_a_terminal_other_formats_and_columns_are_as_elsewhere(node):
    with Client(node) as client, Terminal("monitor", "--columns", "args", node=node) as terminal:
        watching(client)
        client.qlen("a b")
        terminal.wait_for("QLEN,a b\n")
