"""Both ways to write a command ask for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disquectl.commands import addjob, getjob
from disquectl.errors import UsageError
from disquectl.shell.grammar import read
from disquectl.shell.interpret import interpret
from disquectl.shell.words import commands_of
from disquectl.spec.command import Request, one_request
from disquectl.spec.parameters import convert

if TYPE_CHECKING:
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words


def first_page(command: Command, values: Values) -> list[Words]:
    """The first request of a scan."""
    return [[*command.grammar.verb, b"%d" % values.get("cursor", 0), *command.grammar.option_words(values)]]


# What builds the requests of commands that are more than one.
PROGRAMS = {
    "addjob": addjob.requests,
    "getjob": getjob.requests,
    "qscan": first_page,
    "jscan": first_page,
}
ID = "D-60c335b3-wEZBgf0gIJRmZsgi4nGJyWtR-05a1"


def request(line: str) -> list[list[bytes]]:
    """What would be sent for the line."""
    invocation = interpret(read(line))
    command = invocation.command
    values = convert((*command.grammar.arguments, *command.grammar.options), invocation.words)
    build = (
        command.does.build if isinstance(command.does, Request) else PROGRAMS.get(command.name, one_request)
    )
    return build(command, values)


@pytest.mark.parametrize(
    ("native", "disquectl", "sent"),
    [
        ("ADDJOB q hi 0 RETRY 30", "addjob q hi --timeout 0 --retry 30", b"ADDJOB q hi 0 RETRY 30"),
        ("ADDJOB q hi 250 ASYNC", "addjob q hi --timeout 250ms --async", b"ADDJOB q hi 250 ASYNC"),
        ("getjob from a b", "getjob a b", b"GETJOB FROM a b"),
        ("GETJOB COUNT 2 NOHANG FROM q", "getjob q --nohang --count 2", b"GETJOB NOHANG COUNT 2 FROM q"),
        ("GETJOB TIMEOUT 100 FROM q", "getjob q --timeout 100ms", b"GETJOB TIMEOUT 100 FROM q"),
        ("QSCAN 0 COUNT 5", "qscan --cursor 0 --count 5", b"QSCAN 0 COUNT 5"),
        ("QSCAN COUNT 5", "qscan --cursor 0 --count 5", b"QSCAN 0 COUNT 5"),
        (
            "JSCAN 7 STATE queued STATE acked",
            "jscan --cursor 7 --state queued --state acked",
            b"JSCAN 7 STATE queued STATE acked",
        ),
        ("CLIENT KILL ID 7", "client kill --id 7", b"CLIENT KILL ID 7"),
        ("CLIENT PAUSE 2000", "client pause 2s", b"CLIENT PAUSE 2000"),
        ("QPEEK q -5", "qpeek q -5", b"QPEEK q -5"),
        ("Config Get max*", "config get max*", b"CONFIG GET max*"),
        (f"SHOW {ID}", f"show {ID}", b"SHOW " + ID.encode()),
    ],
)
def test_both_notations_make_the_same_request(native: str, disquectl: str, sent: bytes) -> None:
    assert request(native) == request(disquectl) == [sent.split(b" ")]


def test_global_options_work_in_both_notations() -> None:
    for line in ("ADDJOB q hi 0 RETRY 3 -o json --echo", "addjob q hi --retry 3 -o json --echo"):
        assert interpret(read(line)).settings == {"output": "json", "echo": True}


def test_quoted_words_are_data() -> None:
    assert request('addjob q "--file"')[0][2] == b"--file"
    assert request('GETJOB FROM "-o" "json"') == [[b"GETJOB", b"FROM", b"-o", b"json"]]
    assert request('getjob "from" q') == [[b"GETJOB", b"FROM", b"from", b"q"]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('addjob q {"a":1}', [b"q", b'{"a":1}']),
        ('ADDJOB q {"a": "x | y", "b": [1, 2]} 0', [b"q", b'{"a": "x | y", "b": [1, 2]}', b"0"]),
        ('addjob --retry 30 q [{"a": null}, "-o"]', [b"q", b'[{"a": null}, "-o"]']),
        ('addjob q {"n": "\u00fc\u4e16"}', [b"q", '{"n": "\u00fc\u4e16"}'.encode()]),
        ("addjob q {a:1}", [b"q", b"{a:1}"]),
        ("qlen [1, 2]", [b"[1,"]),
    ],
)
def test_json_needs_no_quotes_as_a_body(line: str, words: list[bytes]) -> None:
    assert request(line)[0][1 : len(words) + 1] == words


def test_json_that_goes_on_after_the_line_is_not_sent() -> None:
    for line in ("addjob q {", 'addjob q {"a":', 'addjob q {"a": "x', 'addjob q [1, 2, {"b": 1},'):
        assert read(line).line.unclosed, line
    assert commands_of('addjob q {\n "a": 1\n}\nqlen q') == ['addjob q {\n "a": 1\n}', "qlen q"]
    assert not read("addjob q {a").line.unclosed
    assert not read("addjob q " + "[" * 100_000).line.unclosed


def test_wrong_json_leads_to_quotes() -> None:
    with pytest.raises(UsageError) as raised:
        interpret(read('addjob q {"a":1,}'))
    assert "single quotes: '{\"a\": 1}'" in raised.value.advice


@pytest.mark.parametrize("line", ["3 ping", "repeat 3 ping", "REPEAT 3 ping", "-o json 3 ping"])
def test_a_number_repeats_a_command(line: str) -> None:
    reading = read(line)
    invocation = interpret(reading)
    assert (invocation.command.name, invocation.words) == ("repeat", {"count": "3"})
    assert reading.inner is not None
    assert interpret(reading.inner).command.name == "ping"
    assert not list(reading.problems)


def test_a_quoted_number_is_a_command() -> None:
    assert interpret(read('"3" ping')).unknown


@pytest.mark.parametrize(
    ("line", "name"), [("?", "help"), ("? qlen", "help"), ("watch 1 ping", "\\watch"), ("\\s", "history")]
)
def test_names_of_other_shells(line: str, name: str) -> None:
    assert interpret(read(line)).command.name == name


def test_bytes_are_sent_as_typed() -> None:
    assert request('ADDJOB "q\\x00" "a\\xff  b" 0')[0][1:3] == [b"q\x00", b"a\xff  b"]
    assert request('ADDJOB q "" 0')[0][2] == b""


def test_words_unknown_to_the_declaration_are_sent_as_typed() -> None:
    invocation = interpret(read("ADDJOB q x 0 FUTURE 1"))
    assert invocation.command.name == "exec"
    assert invocation.words == {"word": ("ADDJOB", "q", "x", "0", "FUTURE", "1")}
    assert not invocation.unknown


def test_an_unknown_command_is_sent_and_marked_unknown() -> None:
    invocation = interpret(read("FROB 'a b' --quiet"))
    assert invocation.unknown
    assert invocation.words == {"word": ("FROB", "a b", "--quiet")}


@pytest.mark.parametrize(
    ("pasted", "typed"),
    [
        ("disquectl addjob q x --retry 30", "addjob q x --retry 30"),
        ("disquectl -o json qlen q", "-o json qlen q"),
        ("disquectl command", "command"),
    ],
)
def test_a_leading_program_name_is_skipped(pasted: str, typed: str) -> None:
    assert interpret(read(pasted)).settings == interpret(read(typed)).settings
    assert request(pasted) == request(typed)


def test_a_queue_may_have_the_name_of_the_program() -> None:
    assert request("qlen disquectl") == [[b"QLEN", b"disquectl"]]
    assert interpret(read('"disquectl" qlen')).unknown


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("addjob --help", ("addjob",)),
        ("ADDJOB q x 0 RETRY 3 --help", ("addjob",)),
        ("client setname x -h", ("client", "setname")),
        ("disquectl client --help", ("client",)),
        ("\\watch --help", ("\\watch",)),
        ("\\watch 1 qlen --help", ("qlen",)),
        ("--help", ()),
    ],
)
def test_the_help_option_shows_help(line: str, topic: tuple[str, ...]) -> None:
    invocation = interpret(read(line))
    assert invocation.is_builtin
    assert invocation.command.name == "help"
    assert invocation.words == {"topic": topic}
    assert not list(read("addjob --help").problems)


def test_help_option_within_data_is_data() -> None:
    assert request('addjob q "--help"')[0][2] == b"--help"
    assert interpret(read("exec PING --help")).words == {"word": ("PING", "--help")}
    assert interpret(read("FROB --help")).unknown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("\\wacth 1 ping", "did you mean \\watch?"),
        ("repeat ping", "usage: repeat COUNT COMMAND..."),
        ("\\frob q", "\\frob: the shell has no such command"),
        ("addjob q x 0 --retry 3", "mixes"),
        ("GETJOB FROM q --count 2", "mixes"),
        ("GETJOB FROM", "QUEUE is missing"),
        ("ADDJOB q x 0 RETRY", "RETRY needs a value"),
        ("addjob q x --retry", "--retry needs a value"),
        ("qlen", "arguments are missing; usage: qlen QUEUE..."),
        ("qlen q --foo", "unknown option --foo"),
        ('qlen "q', 'a " is not closed'),
        ('qlen "q"x', "closing quote"),
        ("qlen q |", "a command is missing after the |"),
        ("\\o json csv", "usage: \\o [FORMAT]"),
        ("| less", "a command is missing"),
        ("--frob qlen q", "unknown option --frob"),
    ],
)
def test_usage_errors(line: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        interpret(read(line))
    assert message in raised.value.message


def test_a_number_that_disque_would_wrap_around_is_rejected() -> None:
    with pytest.raises(UsageError, match="too long"):
        request("ADDJOB q x 0 RETRY 4294967296")
