"""The selection of a command: the IDs of --ids-from, and which words are patterns."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from disquectl.errors import DataError, UsageError
from disquectl.execution.selecting import ids_from, selection_of

A = b"D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1"
B = b"D-dcb833cf-AAAANT17e9+wsA/09NqxscQI-05a1"


class Asker:
    """A session with this stdin, that keeps its warnings."""

    def __init__(self, stdin=b""):
        self.streams = SimpleNamespace(stdin=io.BytesIO(stdin))
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def test_ids_of_a_file(tmp_path):
    file = tmp_path / "ids"
    file.write_bytes(A + b"\r\n\n  \n " + B + b"\n" + A)
    chosen = selection_of({"ids_from": str(file)}, Asker())
    assert chosen.ids == {A, B}
    assert chosen.wants_content(b"mail", A, b"")
    assert not chosen.wants_content(b"mail", A[:-1] + b"0", b"")


def test_an_empty_file_selects_nothing(tmp_path):
    file = tmp_path / "ids"
    file.write_bytes(b"\n")
    chosen = selection_of({"ids_from": str(file)}, Asker())
    assert chosen.ids == frozenset()
    assert not chosen.wants_content(b"mail", A, b"")


def test_ids_of_stdin():
    assert selection_of({"ids_from": "-"}, Asker(A)).ids == {A}


def test_a_line_that_is_not_an_id_is_named_by_its_number(tmp_path):
    file = tmp_path / "ids"
    file.write_bytes(A + b"\n\nD-\x1b[31m\n")
    with pytest.raises(UsageError, match=r"ids: line 3 is not a job ID: D-\\x1b\[31m"):
        ids_from(str(file), io.BytesIO())


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(DataError, match="cannot read"):
        ids_from(str(tmp_path / name), io.BytesIO())


def test_stdin_is_read_for_one_thing_only():
    with pytest.raises(UsageError, match="FILE already"):
        selection_of({"ids_from": "-"}, Asker(A), stdin_is_for="FILE")
    assert selection_of({}, Asker(A), stdin_is_for="FILE").ids is None


def test_where_jobs_are_changed_patterns_need_glob():
    asker = Asker()
    chosen = selection_of({"queue": (b"mail*", b"sms")}, asker, needs_glob=True)
    assert chosen.queues.names == {b"mail*", b"sms"}
    assert asker.warnings == ["'mail*' is taken as the name of one queue; --glob makes it a pattern"]
    asker = Asker()
    assert selection_of({"queue": (b"m*",), "glob": True}, asker, needs_glob=True).queues.open == {b"m*"}
    assert selection_of({"queue": (b"m*",)}, asker).queues.open == {b"m*"}
    assert not asker.warnings
