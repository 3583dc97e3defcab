"""A file is replaced only by a complete one."""

import pytest

from disquectl.execution.replacing import replacing


def test_the_file_is_replaced_at_the_end(tmp_path):
    path = tmp_path / "figures"
    path.write_bytes(b"before")
    with replacing(str(path)) as file:
        file.write(b"after")
        file.flush()
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "figures"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), replacing(str(path)) as file:
        file.writelines([b"half", None])
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_error_is_that_of_the_file(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(str(tmp_path / "missing" / "figures")):
        pass
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError), replacing(str(folder)):
        pass
    assert list(tmp_path.iterdir()) == [folder]
