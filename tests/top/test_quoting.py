"""The commands that the live screen shows can be pasted into a shell; those of findings are read here."""

from __future__ import annotations

import os
import subprocess

import pytest

from disquectl.render.escape import shell_word
from disquectl.shell.words import quoted, split_line
from disquectl.top.quoting import as_pasted, as_typed_here

NAMES = [
    b"mail",
    b"a b",
    b"$(touch pwned)",
    b"`id`",
    b"!!",
    b"it's",
    b"'\\''",
    b'"',
    b"back\\",
    b"\\x41",
    b"\x1b[31m",
    b"\xff'\\\"$(id)",
    "\u202eevil".encode(),
    b"--",
    b"-x",
    b"#c",
    b";ls",
    b"a\nb",
    b"",
    b"FROM",
]


def words_here(line):
    """The words of a line as the screen reads it."""
    reading = split_line(line)
    assert reading.problem is None
    return [os.fsencode(word.text) for word in reading.words]


def words_in_bash(line):
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_same_words_as_the_screen(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = f"purge {quoted(os.fsdecode(name))} mail"
    assert words_in_bash(as_pasted(line)) == words_here(line) == [b"purge", name, b"mail"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_the_screen_reads_the_same_words_as_a_shell(name):
    command = f"disquectl pause {shell_word(name)} none --cluster"
    assert words_here(as_typed_here(command)) == [b"pause", name, b"none", b"--cluster"]


def test_a_line_that_cannot_be_split_is_shown_as_it_is():
    assert as_pasted('purge "mail') == 'purge "mail'
    assert as_pasted("qlen mail | cat") == "qlen mail | cat"
