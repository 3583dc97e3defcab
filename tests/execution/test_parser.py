"""The two readers of command lines, the rows' own and Typer's, make the same of the same line."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from disquectl.cli.tree import explain
from disquectl.commands import find
from disquectl.errors import UsageError
from disquectl.execution.parser import bind, parse
from disquectl.execution.streams import Streams
from disquectl.spec.global_options import GLOBAL_OPTIONS
from tests.support.declarations import ALL, LEAVES

# Words that may be taken for something else, and some that are nothing special.
WORDS = st.sampled_from(["q", "-5", "-", "", "a b", "é", "-0", "qlen", "json", "=", "a=b", "\udcff", "10s"])
ODD_WORDS = [
    "--",
    "-o",
    "-ojson",
    "--output=json",
    "--bogus",
    "-x",
    "--yes=1",
    "--node",
    "-n",
    "-yq",
    "--out",
    "get",
]


@st.composite
def option(draw, options):
    """One option in one of its spellings."""
    chosen = draw(st.sampled_from(options))
    flags = [chosen.flag] + ([chosen.short] if chosen.short else [])
    flag = draw(st.sampled_from(flags))
    if chosen.is_flag:
        return [flag]
    value = draw(WORDS)
    return [f"{flag}={value}"] if flag[:2] == "--" and draw(st.booleans()) else [flag, value]


def options(pool):
    return st.lists(option(pool), max_size=2).map(lambda found: [word for one in found for word in one])


@st.composite
def right_lines(draw):
    """A command line that is right as far as its form goes."""
    name = draw(st.sampled_from(sorted(LEAVES)))
    command = LEAVES[name]
    line = draw(options(GLOBAL_OPTIONS))
    for word in name.split():
        line += [word, *draw(options(GLOBAL_OPTIONS))]
    own = (*command.grammar.options, *GLOBAL_OPTIONS)
    words = []
    for argument in command.grammar.arguments:
        least = 1 if argument.required else 0
        words += draw(st.lists(WORDS, min_size=least, max_size=3 if argument.many else 1))
    # Behind a command that has subcommands, -- is left to Typer.
    if not command.subcommands and draw(st.booleans()):
        return [*line, *draw(options(own)), "--", *words]
    for word in words:
        line += [*([] if command.grammar.rest_is_data and word is not words[0] else draw(options(own))), word]
    return line if command.grammar.rest_is_data else line + draw(options(own))


@st.composite
def any_lines(draw):
    """A right line with a word too many, or one too few."""
    line = draw(right_lines())
    at = draw(st.integers(0, len(line)))
    if draw(st.booleans()):
        return [*line[:at], draw(st.sampled_from(ODD_WORDS)), *line[at:]]
    return line[:at] + line[at + 1 :]


def understood(line):
    """What Typer makes of it: row, words and settings; None where it complains, or explains."""
    try:
        found = explain(line, Streams(io.BytesIO(), io.BytesIO(), io.BytesIO()))
    except UsageError:
        return None
    return (
        None
        if isinstance(found, int)
        else (found.command.grammar.verb, found.command.name, found.words, found.settings)
    )


def both_agree(line):
    found = parse(line, find)
    if found is not None:
        assert understood(line) == (
            found.command.grammar.verb,
            found.command.name,
            found.words,
            found.settings,
        )
    return found


@settings(max_examples=120, deadline=None)
@given(right_lines())
def test_right_lines_are_understood_by_both_in_the_same_way(line):
    assert both_agree(line) is not None


@settings(max_examples=120, deadline=None)
@given(any_lines())
@example(["exec", "-5", "-o", "json"])
@example(["config", "--", "get", "x"])
@example(["--", "qlen", "q"])
@example(["qlen", "q", "-n"])
@example(["slowlog", "get", "-5"])
@example(["command", "-5"])
@example(["qlen", "--", "--", "q"])
@example(["exec", "--", "--", "q"])
def test_what_the_quick_reader_understands_typer_understands_the_same(line):
    both_agree(line)


@pytest.mark.parametrize("name", [name for name in ALL if name not in LEAVES])
def test_a_command_without_its_subcommand_needs_explaining(name):
    assert parse([name], find) is None
    assert understood([name]) is None


@pytest.mark.parametrize(
    "line", ["", "--help", "-h", "--version", "qlen -h", "frob", "qlen", "qlen --frob q", "-o", "config frob"]
)
def test_what_is_not_clear_at_once_is_left_to_typer(line):
    assert parse(line.split(), find) is None


def test_words_are_given_to_their_arguments():
    addjob, getjob = ALL["addjob"], ALL["getjob"]
    assert bind(addjob, ["q", "b"]) == {"queue": "q", "body": "b"}
    assert bind(addjob, ["q"]) == {"queue": "q"}
    assert bind(addjob, ["q", "b", "c"]) is None
    assert bind(getjob, ["a", "b"]) == {"queue": ("a", "b")}
    assert bind(getjob, []) is None
