"""`getjob --into` as a folder: what is on the disk, and when."""

from __future__ import annotations

import os

import pytest

from disquectl.bulk.files import JobFiles, file_name
from disquectl.errors import DataError, NotDisque

ID = "D-60c335b3-yRiaWu63Ny/9fXBPj66cnFnU-05a1"
NAME = "D-60c335b3-yRiaWu63Ny_9fXBPj66cnFnU-05a1"


def test_a_job_is_a_file_in_a_folder_that_is_there_or_is_made(tmp_path):
    for folder in (tmp_path, tmp_path / "new" / "folder"):
        JobFiles(str(folder)).write([{"id": ID, "body": b"\xff\n"}])
        assert (folder / NAME).read_bytes() == b"\xff\n"
        JobFiles(str(folder)).write([{"id": ID, "body": b"again"}])
        assert [path.name for path in folder.iterdir() if path.is_file()] == [NAME]
        assert (folder / NAME).read_bytes() == b"again"


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_is_done(tmp_path, monkeypatch):
    done = []
    sync, rename = os.fsync, os.rename

    def synced(fd):
        path = os.readlink(f"/proc/self/fd/{fd}")
        done.append(("sync", path, 0 if path == str(tmp_path) else os.fstat(fd).st_size))
        sync(fd)

    def renamed(old, new):
        done.append(("rename", new, 0))
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    JobFiles(str(tmp_path)).write([{"id": ID, "body": b"body"}])
    unfinished = str(tmp_path / f".{NAME}.{os.getpid()}")
    assert done == [
        ("sync", unfinished, 4),
        ("rename", str(tmp_path / NAME), 0),
        ("sync", str(tmp_path), 0),
    ]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(DataError, match="cannot write"):
        JobFiles(str(tmp_path)).write([{"id": ID, "body": b"x"}])
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot write"):
        JobFiles(str(tmp_path / "file"))


@pytest.mark.parametrize("job_id", ["", "../" + ID[3:], ID[:-1], ID.replace("y", "\n"), ID.replace("y", ".")])
def test_what_is_no_id_names_no_file(job_id):
    with pytest.raises(NotDisque):
        file_name(job_id)
