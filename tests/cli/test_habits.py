"""Words and options of other tools lead to the right command in one line."""

import re
import shlex

import pytest

from disquectl import __version__
from disquectl.commands import NAMES, find
from disquectl.execution.parser import parse
from disquectl.spec.command import Command
from disquectl.spec.global_options import GLOBAL_OPTIONS
from disquectl.spec.habits import COMMANDS, OPTIONS
from tests.conftest import run_disquectl


def test_no_habit_is_a_command_of_ours():
    assert not set(COMMANDS) & set(NAMES)
    assert not set(OPTIONS) & {flag for one in GLOBAL_OPTIONS for flag in (one.flag, one.short)}


@pytest.mark.parametrize("line", sorted(set(COMMANDS.values())))
def test_what_is_suggested_for_a_word_can_be_typed(line):
    for part in line.split(" | "):
        words = shlex.split(part)
        assert words[0] == "disquectl"
        if words[1] in NAMES:
            assert parse(words[1:], find) is not None, part
        else:
            assert words[1] in ("--version", "--ask-password", "--node"), part


def test_what_is_suggested_for_an_option_exists():
    known = {flag for name in NAMES for flag in _flags(find(name))} | {"--follow"}
    for instead in OPTIONS.values():
        for flag in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", re.sub(r"`disquectl .*`", "", instead)):
            assert flag in known, instead


def _flags(command: Command) -> set[str]:
    options = (*GLOBAL_OPTIONS, *command.grammar.options)
    return {flag for one in options for flag in (one.flag, one.short) if flag}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["delete", "ID"], "no such command: 'delete' (did you mean `disquectl deljob --cluster ID`?)"),
        (["rm", "-n", "h", "ID"], "no such command: 'rm' (did you mean `disquectl deljob --cluster ID`?)"),
        (["LS"], "no such command: 'LS' (did you mean `disquectl queues`?)"),
        (["list-queues"], "no such command: 'list-queues' (did you mean `disquectl queues`?)"),
        (["retry", "mail"], "no such command: 'retry' (did you mean `disquectl dead retry QUEUE`?)"),
        (["config", "ls"], "no such command: 'ls' (see disquectl config --help)"),
        (["--host", "h", "ping"], "no such option: --host (did you mean --node HOST:PORT?)"),
        (["ping", "-p", "7712"], "no such option: -p (did you mean --node HOST:PORT?)"),
        (["ping", "-a", "pw"], "no such option: -a (did you mean --password-file FILE or --ask-password?)"),
        (["addjob", "q", "b", "--json"], "no such option: --json (did you mean -o json?)"),
    ],
)
def test_the_right_command_is_named(args, told):
    done = run_disquectl(*args)
    assert (done.code, done.out, done.err) == (2, "", f"disquectl: {told}\n")


@pytest.mark.parametrize("args", [["-V"], ["qlen", "-V"], ["config", "get", "-V"]])
def test_a_capital_v_is_the_version(args):
    assert run_disquectl(*args).out == f"disquectl {__version__}\n"


@pytest.mark.parametrize(
    "args",
    [["help"], ["help", "exit-codes"], ["cheat"], ["explain", "OOM"], ["completion", "bash"], ["describe"]],
)
def test_connection_options_do_no_harm_to_what_does_not_connect(args, tmp_path):
    plain = run_disquectl(*args)
    for words in (
        ["-n", "h:1", *args],
        [*args, "--url", "disque://h", "--node", "g"],
        ["--password-file", str(tmp_path / "none"), "--tls", "-P", "none", *args],
    ):
        done = run_disquectl(*words)
        assert (done.code, done.out, done.err) == (0, plain.out, "")


def test_help_on_a_command_after_options():
    assert run_disquectl("-n", "h", "help", "qlen").out == run_disquectl("qlen", "--help").out
    assert run_disquectl("help", "config", "get", "--quiet").out.startswith("Usage: disquectl config get")
