"""The journal of move: what it writes, and what it makes of a file that it finds."""

import errno
import os
import stat

import pytest

from disquectl.bulk.journal import Journal
from disquectl.errors import DataError
from tests.support.scanned_nodes import job_id


def line(number):
    return b"%b %b\n" % (job_id(number), job_id(number, "b"))


def copies(path):
    journal = Journal(str(path))
    journal.close()
    return journal.copies


def test_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "journal"
    journal = Journal(str(path))
    assert journal.copies == {}
    journal.add([(job_id(1), job_id(1, "b")), (job_id(2), job_id(2, "b"))])
    journal.add([(job_id(3), job_id(3, "b"))])
    assert path.read_bytes() == line(1) + line(2) + line(3)
    journal.close()
    assert copies(path) == {job_id(number): job_id(number, "b") for number in (1, 2, 3)}


def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / "journal"
    before = os.umask(0)
    try:
        copies(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("size", range(len(line(2))))
def test_a_line_that_was_cut_is_no_line_and_the_next_is_whole(size, tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(line(1) + line(2)[:size])
    journal = Journal(str(path))
    numbers = [1] if size < len(line(2)) - 1 else [1, 2]  # only its end is missing
    assert journal.copies == {job_id(number): job_id(number, "b") for number in numbers}
    journal.add([(job_id(3), job_id(3, "b"))])
    journal.close()
    assert copies(path) == {job_id(number): job_id(number, "b") for number in [*numbers, 3]}


@pytest.mark.parametrize(
    "foreign",
    [
        b"hello\n",
        b"\n\n",
        b"a b\n",
        b"%b\n" % job_id(9),
        b"%b %b x\n" % (job_id(9), job_id(8)),
        b"\xff\x00\n",
    ],
)
def test_lines_of_something_else_are_passed_over(foreign, tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(line(1) + foreign + line(2))
    assert set(copies(path)) == {job_id(1), job_id(2)}


def test_it_is_on_the_disk_before_add_returns(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda fd: done.append(os.fstat(fd).st_size))
    journal = Journal(str(tmp_path / "journal"))
    journal.add([(job_id(1), job_id(1, "b"))])
    journal.add([(job_id(2), job_id(2, "b"))])
    journal.close()
    assert done == [len(line(1)), len(line(1) + line(2))]


def test_a_write_of_a_part_is_gone_on_with(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    journal = Journal(str(tmp_path / "journal"))
    journal.add([(job_id(1), job_id(1, "b"))])
    journal.close()
    assert copies(tmp_path / "journal") == {job_id(1): job_id(1, "b")}


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "journal"
    journal = Journal(str(path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=rf"--journal: cannot write {path}: No space left on device"):
        journal.add([(job_id(1), job_id(1, "b"))])
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DataError, match=rf"--journal: cannot write {path}: No space left on device"):
        journal.add([(job_id(1), job_id(1, "b"))])
    journal.close()


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/dev/full", "is not a regular file"), (".", "Is a directory"), ("/none/x", "No such")],
)
def test_what_is_no_file_is_refused(path, reason):
    with pytest.raises(DataError, match=f"--journal: .*{reason}"):
        Journal(path)
