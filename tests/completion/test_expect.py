"""What is expected at the cursor, from the words before it, and the candidates for it."""

import pytest

from disquectl.commands import NAMES, all_commands
from disquectl.completion.candidates import static
from disquectl.completion.expect import expect


def kind_at(line):
    """The kind of word that is expected behind a line; the last word is the one being typed."""
    *words, partial = line.split(" ")
    parameter = expect(words, partial).parameter
    return parameter.type.name if parameter else None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("qlen ", "queue"),
        ("qlen a b ", "queue"),
        ("qpeek a ", "count"),
        ("qpeek a -5 ", None),
        ("addjob ", "queue"),
        ("addjob q ", "body"),
        ("addjob q b --delay ", "seconds"),
        ("addjob q b --delay=", "seconds"),
        ("addjob --file ", "file"),
        ("show ", "id"),
        ("deljob a b ", "id"),
        ("-n ", "node"),
        ("qlen -n a:1 ", "queue"),
        ("-n a:1 -o json qlen ", "queue"),
        ("-P ", "profile"),
        ("profile use ", "profile"),
        ("profile set p ", "assignment"),
        ("config get ", "config"),
        ("qlen -- ", "queue"),
        ("qlen -- a ", "queue"),
        ("jscan --queue ", "queue"),
        ("help ", "topic"),
        ("pause q ", "choice"),
        ("nonsense ", None),
        ("", None),
    ],
)
def test_the_kind_of_the_next_word(line, kind):
    assert kind_at(line) == kind


def words_at(line):
    *words, partial = line.split(" ")
    return [word for word, _ in static(expect(words, partial), partial)]


def test_commands_and_subcommands():
    assert words_at("") == list(NAMES)
    assert words_at("qp") == ["qpeek"]
    assert words_at("-n a:1 qp") == ["qpeek"]
    assert words_at("config ") == ["get", "set", "resetstat", "rewrite"]
    assert words_at("config -o json re") == ["resetstat", "rewrite"]


def test_every_option_of_every_row_is_offered_with_its_help():
    for command in all_commands():
        if not command.subcommands:
            offered = dict(static(expect([command.name], "--"), "--"))
            assert {option.flag: option.help for option in command.grammar.options}.items() <= offered.items()
            assert "--output" in offered


def test_an_option_that_was_given_is_not_offered_again():
    assert "--output" not in words_at("qlen -o json --")
    assert "--node" in words_at("qlen -n a:1 --")


def test_values_keep_their_prefix():
    assert words_at("qlen --output=js") == ["--output=json", "--output=jsonl"]
    assert words_at("qstat q --columns len,jobs_") == ["len,jobs_in", "len,jobs_out"]
    assert words_at("qstat q --columns=queue,ag") == ["--columns=queue,age"]
    assert words_at("profile set p read") == ["read-only="]
    assert words_at("profile set p output=") == []


def test_nodes_of_the_environment(monkeypatch):
    monkeypatch.setenv("DISQUE_NODES", "a:1,b:2")
    assert words_at("-n ") == ["a:1", "b:2"]
    assert words_at("-n c:3,b") == ["c:3,b:2"]


def test_words_after_exec_and_sandbox_are_files():
    assert expect(["sandbox", "--", "ls"], "").words
    assert expect(["sandbox", "ls"], "").words
    assert words_at("sandbox --no") == ["--nodes", "--node", "--no-header", "--no-pager", "--no-cluster"]
