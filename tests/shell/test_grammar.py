"""A line so far -> what its words are, and what may come next."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from disquectl.commands import NAMES
from disquectl.errors import UsageError
from disquectl.shell.builtins import BUILTINS
from disquectl.shell.check import check
from disquectl.shell.complete import entries
from disquectl.shell.grammar import read, read_before
from disquectl.shell.hints import about, rest_of_syntax
from disquectl.shell.interpret import interpret
from disquectl.shell.names import Names
from disquectl.shell.paint import painted
from disquectl.shell.parts import DISQUECTL, EITHER, MIXED, NATIVE
from disquectl.shell.recent_ids import RecentIds

ADDJOB_WORDS = ["REPLICATE", "DELAY", "RETRY", "TTL", "MAXLEN", "ASYNC"]


@pytest.mark.parametrize(
    ("line", "notation"),
    [
        ('ADDJOB mail "hello world" 0 RETRY 30', NATIVE),
        ("addjob mail hello --retry 30", DISQUECTL),
        ("addjob q x 0", NATIVE),
        ("getjob from q", NATIVE),
        ("getjob q r", DISQUECTL),
        ('getjob "from" q', DISQUECTL),
        ("GETJOB NOHANG COUNT 2 FROM q", NATIVE),
        ("qlen q", EITHER),
        ("qlen q -o json", EITHER),
        ("ADDJOB q x 0 -o json", NATIVE),
        ("addjob q x 0 --retry 3", MIXED),
        ("GETJOB FROM q --count 2", MIXED),
        ("qscan 0 count 10", NATIVE),
        ("qscan --count 10", DISQUECTL),
        ("client kill id 7", NATIVE),
        ("shutdown rewrite-aof", NATIVE),
        ("pause q in bcast", EITHER),
    ],
)
def test_notation_of_a_line(line: str, notation: str) -> None:
    assert read(line).notation == notation


@pytest.mark.parametrize(
    ("line", "keywords", "marker", "parameters"),
    [
        ("ADDJOB ", [], "", ["queue"]),
        ("ADDJOB q ", [], "", ["body"]),
        ("ADDJOB q x ", [], "", ["timeout"]),
        ("ADDJOB q x 0 ", ADDJOB_WORDS, "", []),
        ("ADDJOB q x 0 RETRY ", [], "", ["retry"]),
        ("ADDJOB q x 0 RETRY 3 ASYNC ", ["REPLICATE", "DELAY", "TTL", "MAXLEN"], "", []),
        ("GETJOB ", ["NOHANG", "TIMEOUT", "COUNT", "WITHCOUNTERS"], "FROM", ["queue"]),
        ("GETJOB NOHANG ", ["TIMEOUT", "COUNT", "WITHCOUNTERS"], "FROM", ["queue"]),
        ("GETJOB FROM ", [], "", ["queue"]),
        ("GETJOB FROM q ", [], "", ["queue"]),
        ("QLEN ", [], "", ["queue"]),
        ("SHOW ", [], "", ["id"]),
        ("JSCAN 0 STATE queued ", ["COUNT", "BUSYLOOP", "QUEUE", "STATE", "REPLY"], "", []),
        ("JSCAN 0 STATE ", [], "", ["state"]),
        ("PAUSE q ", ["BCAST"], "", ["what"]),
        ("INFO ", [], "", ["section"]),
        ("CONFIG GET ", [], "", ["pattern"]),
        ("CLUSTER FORGET ", [], "", ["node_id"]),
        ("\\o ", [], "", ["format"]),
        ("\\watch 2 QLEN ", [], "", ["queue"]),
        ("foo ", [], "", []),
    ],
)
def test_what_may_come_next(line: str, keywords: list[str], marker: str, parameters: list[str]) -> None:
    after = read_before(line)[0].next
    assert [option.word.decode() for option in after.keywords if option.word] == keywords
    assert after.marker == marker
    assert [parameter.name for parameter in after.parameters] == parameters


def test_subcommands_follow_their_command() -> None:
    after = read_before("CONFIG ")[0].next
    assert [command.name for command in after.subcommands] == ["get", "set", "resetstat", "rewrite"]


def test_commands_come_first_and_options_before_them() -> None:
    assert read_before("")[0].next.commands
    assert read_before("--echo ")[0].next.commands
    assert read_before("\\watch ")[0].next.commands


def test_a_given_option_is_not_offered_again() -> None:
    flags = [option.flag for option in read_before("addjob q x --retry 3 --echo ")[0].next.flags]
    assert "--delay" in flags
    assert "--retry" not in flags
    assert "--echo" not in flags
    assert "--node" in [option.flag for option in read_before("qlen q -n a:1 ")[0].next.flags], (
        "it may repeat"
    )


@pytest.mark.parametrize(
    ("line", "word", "reason"),
    [
        ("FOO bar", "FOO", "unknown command"),
        ("\\foo ", "\\foo", "no such command"),
        ("config foo ", "foo", "config has get, set"),
        ("addjob q x --retry 3 --retry 4", "--retry", "given twice"),
        ("ADDJOB q x 0 RETRY 3 RETRY 4", "RETRY", "given twice"),
        ("ADDJOB q x 0 RETRY soon", "soon", "not a duration"),
        ("ADDJOB q x soon", "soon", "not a duration"),
        ("addjob q x --replicate many ", "many", "not a whole number"),
        ("ADDJOB q x 0 RETRY 0", "0", "at-most-once"),
        ("addjob q x --retry 0 ", "0", "at-most-once"),
        ("ADDJOB q x 0 DELAY 100 TTL 50", "100", "must be less than TTL"),
        ("addjob q x --delay 2d ", "2d", "must be less than TTL"),
        ("ADDJOB q x 0 SOMETIMES ", "SOMETIMES", "ADDJOB takes"),
        ("addjob q x 0 --retry 3", "--retry", "mixes"),
        ("qlen --foo ", "--foo", "unknown option"),
        ("show D-123 ", "D-123", "not a job ID"),
        ("pause q sideways ", "sideways", "unknown word"),
        ("\\o json csv ", "csv", "takes no more words"),
    ],
)
def test_invalid_words_have_a_problem(line: str, word: str, reason: str) -> None:
    wrong = list(check(read(line)).problems)
    assert wrong, line
    assert wrong[-1].word.text == word
    assert reason in wrong[-1].problem


@pytest.mark.parametrize(
    "line",
    [
        "QLE",
        "config se",
        "addjob q x --ret",
        "ADDJOB q x 0 RE",
        "show D-60c335b3-wEZ",
        "pause q o",
        "ADDJOB q x 0 RETRY 0 REPLICATE 1",
        "addjob q x --retry 0 --replicate 1",
        "ADDJOB q x 0 DELAY 10",
        "qpeek q -5",
        "CLIENT PAUSE 2000",
        "ADDJOB q x 5000",
    ],
)
def test_incomplete_words_have_no_problem(line: str) -> None:
    assert not list(check(read(line)).problems)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("ADDJOB ", "QUEUE BODY MS-TIMEOUT [REPLICATE N] [DELAY SECONDS] [RETRY SECONDS] [TTL SECONDS]"),
        ("ADDJOB mail ", "BODY MS-TIMEOUT [REPLICATE"),
        ("ADDJOB mail hi 0 RETRY 3 ", "[REPLICATE N] [DELAY SECONDS] [TTL SECONDS] [MAXLEN N] [ASYNC]"),
        ("ADDJOB mail hi 0 RETRY ", "SECONDS"),
        ("GETJOB ", "[NOHANG] [TIMEOUT MS] [COUNT N] [WITHCOUNTERS] FROM QUEUE..."),
        ("addjob mail ", "[BODY] [--file FILE]"),
        ("qlen q ", "QUEUE..."),
        ("config ", "get|set|resetstat|rewrite"),
        ("\\o ", "[FORMAT]"),
        ("nosuch ", ""),
    ],
)
def test_the_hint_advances_with_each_word(line: str, hint: str) -> None:
    found = rest_of_syntax(read(line))
    assert found.startswith(hint)
    assert bool(found) == bool(hint)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ADDJOB q x 0 RETRY ", ["RETRY", "Seconds", "default: a tenth of the TTL"]),
        ("addjob q x --retry ", ["--retry", "default: a tenth of the TTL"]),
        ("ADDJOB q x 5", ["TIMEOUT", "Milliseconds"]),
        ("FOO ", ["FOO", "unknown command"]),
    ],
)
def test_the_bar_shows_units_defaults_and_reasons(line: str, said: list[str]) -> None:
    found = about(check(read(line)))
    for piece in said:
        assert piece in found


def test_the_bar_shows_a_unit_once() -> None:
    assert about(check(read("ADDJOB q x 5"))).count("Milliseconds") == 1


WORDS = [
    *NAMES,
    *(name.upper() for name in NAMES),
    *(command.name for command in BUILTINS),
    *("from", "FROM", "RETRY", "0", "-5", "--retry", "--retry=3", "-o", "--", "-", "|", ">", ">>", '"', "'"),
    *(
        '"a b"',
        "''",
        "#",
        "=",
        "--=",
        "-n",
        "D-60c335b3-wEZBgf0gIJRmZsgi4nGJyWtR-05a1",
        "ü",
        "\\x",
        "get",
        "set",
    ),
]
LINES = st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=8).map(" ".join) | st.text(
    max_size=40
)


@settings(max_examples=600, deadline=None)
@given(LINES)
@example("\\watch \\watch \\! x")
@example("--node")
@example("-n a -n")
@example("addjob --retry")
@example("\ud800")
def test_any_text_can_be_parsed(line: str) -> None:
    reading = check(read(line))
    assert "".join(text for _, text in painted(reading)) == line
    rest_of_syntax(reading)
    about(reading)
    start, _found = entries(line, Names(), RecentIds())
    assert 0 <= start <= len(line)
    if reading.parts or reading.line.handoff is not None:
        try:
            invocation = interpret(reading)
        except UsageError:
            return
        assert invocation.command is not None
