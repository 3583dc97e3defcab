"""The lines that bash and fish hand over, and words in bash's quotes."""

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from disquectl.completion import bash, fish

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize("opened", ["", "'", '"', "$'"])
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(word=TEXT)
def test_a_quoted_word_is_read_back_as_it_was(opened, word):
    assume(bash.fits(word, opened))
    closed = opened + bash.quoted(word, opened) + opened[-1:]
    assert bash.value_of(closed) == (word, "")
    assert bash.read(f"disquectl {closed} ") == (["disquectl", word], "")


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_reads_it_the_same():
    words = [
        "a b",
        "it's",
        'q"q',
        "$HOME",
        "`id`",
        "!!",
        "new\nline",
        "tab\t",
        "\x1b[0m",
        "é",
        "~",
        "{a,b}",
        "*",
    ]
    for opened in ("", "'", '"', "$'"):
        fitting = [word for word in words if bash.fits(word, opened)]
        line = " ".join(opened + bash.quoted(word, opened) + opened[-1:] for word in fitting)
        done = subprocess.run(
            ["bash", "--norc", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True
        )
        assert done.stdout.decode().split("\0")[:-1] == fitting


@pytest.mark.parametrize(
    ("line", "words", "last"),
    [
        ("disquectl qlen ", ["disquectl", "qlen"], ""),
        ("disquectl qlen ma", ["disquectl", "qlen"], "ma"),
        ("disquectl qlen 'a b' \"c", ["disquectl", "qlen", "a b"], '"c'),
        ("x; disquectl qlen a\\ b", ["disquectl", "qlen"], "a\\ b"),
        ("a | b && disquectl ", ["disquectl"], ""),
        ("disquectl $'a\\nb' ", ["disquectl", "a\nb"], ""),
    ],
)
def test_a_line_of_bash(line, words, last):
    assert bash.read(line) == (words, last)


def test_assignments_before_the_program_are_skipped():
    assert bash.parse_line(["A=1 B=2 disquectl qlen ma", "ma"])[:2] == (["qlen"], "ma")


@pytest.mark.parametrize(
    ("replaced", "shown"),
    [("two\\ w", "two\\ words\n"), ("w", "words\n")],
)
def test_text_already_typed_is_not_sent_again(replaced, shown):
    before = "two\\ " if replaced == "w" else ""
    show = bash.parse_line([f"disquectl qlen {before}{replaced}", replaced])[2]
    assert show([("two words", "")]).decode() == shown


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("disquectl qlen ", ["disquectl", "qlen", ""]),
        ("disquectl qlen 'a b' \"c d", ["disquectl", "qlen", "a b", "c d"]),
        ("disquectl qlen a\\ b\\nc", ["disquectl", "qlen", "a b\nc"]),
        ("disquectl 'it\\'s' \"d\\$l\" x\\x41", ["disquectl", "it's", "d$l", "xA"]),
        ("echo a; disquectl q", ["disquectl", "q"]),
        ("disquectl '' x", ["disquectl", "", "x"]),
    ],
)
def test_a_line_of_fish(line, words):
    assert fish.read(line) == words
