"""Words with their places, what is handed on, and how several lines are told apart."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disquectl.shell.words import commands_of, quoted, split_line


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  qlen   q ", ["qlen", "q"]),
        ('ADDJOB q "a\\nb" 0', ["ADDJOB", "q", "a\nb", "0"]),
        ('addjob q "\'\\"\'\\\\"', ["addjob", "q", "'\"'\\"]),
        ('addjob q "\\x00\\x41"', ["addjob", "q", "\x00A"]),
        ('addjob q ""', ["addjob", "q", ""]),
        ('addjob q "two  blanks"', ["addjob", "q", "two  blanks"]),
        ("addjob q 'it\\'s'", ["addjob", "q", "it's"]),
        ("addjob q \\n", ["addjob", "q", "\\n"]),
        ("addjob über 'grün", ["addjob", "über", "grün"]),
    ],
)
def test_quoting_is_that_of_redis_cli(line: str, words: list[str]) -> None:
    assert [word.text for word in split_line(line).words] == words


@pytest.mark.parametrize("line", ["qlen q", "  addjob \"ä ö\"  'x' ", "pause ü in"])
def test_positions_count_characters(line: str) -> None:
    for word in split_line(line).words:
        piece = line[word.start : word.end]
        assert piece.strip("'\"") == word.text


@pytest.mark.parametrize(
    ("line", "words", "symbol", "target"),
    [
        ("info | less", ["info"], "|", "less"),
        ("getjob q -o json | jq '.[0].id", ["getjob", "q", "-o", "json"], "|", "jq '.[0].id"),
        ("info > file", ["info"], ">", "file"),
        ("info >> a b", ["info"], ">>", "a b"),
        ("info |", ["info"], "|", ""),
    ],
)
def test_redirections_are_found(line: str, words: list[str], symbol: str, target: str) -> None:
    found = split_line(line)
    assert [word.text for word in found.words] == words
    assert found.handoff is not None
    assert (found.handoff.symbol, found.handoff.target) == (symbol, target)


@pytest.mark.parametrize(
    "line", ['addjob q "|"', "addjob q a|b", "addjob q '>'", "addjob q x>y", "addjob q ||"]
)
def test_quoted_redirection_symbols_are_words(line: str) -> None:
    assert split_line(line).handoff is None


def test_a_system_command_is_not_split() -> None:
    line = split_line("\\! echo it's | wc > /dev/null")
    assert line.handoff is None
    assert line.problem is None
    assert [word.text for word in line.words] == ["\\!", "echo it's | wc > /dev/null"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ping\nqlen q\n", ["ping", "qlen q"]),
        ("ping\r\n\r\nqlen q", ["ping", "qlen q"]),
        ('addjob q "a\nb" 0\nping', ['addjob q "a\nb" 0', "ping"]),
        ("# a comment\nping", ["ping"]),
        ('addjob q "open', ['addjob q "open']),
        ("info | grep 'it\nping", ["info | grep 'it", "ping"]),
    ],
)
def test_line_breaks_in_quotes_do_not_end_a_command(text: str, lines: list[str]) -> None:
    assert commands_of(text) == lines


@given(st.binary(max_size=20))
def test_a_quoted_name_is_parsed_back_unchanged(name: bytes) -> None:
    text = os.fsdecode(name)
    line = split_line(f"qlen {quoted(text)} ")
    assert line.handoff is None
    assert [word.text for word in line.words] == ["qlen", text]
    assert not line.words[1].is_option


@pytest.mark.parametrize(
    ("name", "typed"), [("mail", "mail"), ("my queue", '"my queue"'), ("from", '"from"')]
)
def test_only_what_needs_quotes_has_them(name: str, typed: str) -> None:
    assert quoted(name) == typed
