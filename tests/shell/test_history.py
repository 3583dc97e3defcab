"""The history file: what is written, for whom, and what is never written."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from disquectl.shell.history import MAX_BYTES, MAX_LINE_BYTES, HistoryFile, history_path, holds_secret

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "line",
    [
        "AUTH hunter2",
        'auth "hunter2"',
        "--echo auth hunter2",
        "exec AUTH hunter2",
        "CONFIG SET requirepass hunter2",
        "config set REQUIREPASS hunter2 --yes",
        "\\watch 1 AUTH hunter2",
        "connect disque://:hunter2@host:7711",
        "qlen q --url disques://:hunter2@host",
        "connect disque://:hun/ter2@host",
        'connect "disque://:hun ter2@host"',
        "qlen q --url redis://:hunter2@host",
        "sandbox --password hunter2",
        "sandbox --password=hunter2",
        "\\! disquectl exec auth hunter2",
        "ping | disquectl exec auth hunter2",
        "\\! DISQUE_PASSWORD=hunter2 disquectl ping",
        "\\! redis-cli -p 7711 -a hunter2 ping",
        'AUTH "hunter2',
        # With a slip of the fingers.
        "auht hunter2",
        "AUHT hunter2",
        "uath hunter2",
        "ath hunter2",
        "autth hunter2",
        "suth hunter2",
        "AUTHhunter2",
        "disquectl auht hunter2",
        "--echo auht hunter2",
        "exec auht hunter2",
        "\\watch 1 auht hunter2",
        'auht "hunter2',
        "\\! disquectl exec auht hunter2",
        "ping | redis-cli auht hunter2",
        "config set requirepas hunter2",
        "cofnig set reqiurepass hunter2",
        "sandbox --pasword hunter2",
        "sandbox --passwrod=hunter2",
        "\\! DISQUE_PASWORD=hunter2 disquectl ping",
        "3 auht hunter2",
        "3 auth hunter2",
        "repeat 3 auht hunter2",
        "watch auht hunter2",
        "watch 1 auth hunter2",
    ],
)
def test_lines_with_secrets_are_recognised(line: str) -> None:
    assert holds_secret(line)


@pytest.mark.parametrize(
    "line",
    [
        "QLEN auth",
        "config get requirepass",
        "qlen q --password-file f",
        "connect disque://host",
        "addjob q http://host/ada@home 0",
        "ADDJOB q x 0",
        "qlen auto other",
        "pause path in",
        "addjob auto oath 0",
        "auto",
        "--echo qlen auto other",
        "config get requirepas",
    ],
)
def test_lines_without_secrets_are_kept(line: str) -> None:
    assert not holds_secret(line)


def test_lines_are_restored_unchanged(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "history")
    lines = ["qlen q", 'addjob q "a\nb" 0', "addjob q a\\nb", "qlen ü", "qlen \udcff"]
    for line in lines:
        HistoryFile(path, 100).add(line)
    assert HistoryFile(path, 100).load() == lines


def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("old\n")
    path.chmod(0o644)
    HistoryFile(str(path), 10).add("qlen q")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "history"
    for line in ("AUTH hunter2", "qlen q"):
        HistoryFile(str(path), 10).add(line)
    assert path.read_text() == "qlen q\n"


def test_a_long_file_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = HistoryFile(str(path), 10)
    for number in range(30):
        history.add(f"qlen {number}")
    assert history.load() == [f"qlen {number}" for number in range(20, 30)]
    assert path.read_text().count("\n") == 10


def test_only_the_end_of_a_huge_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"qlen lost\n" + b"x" * MAX_BYTES + b"\nqlen kept\n")
    assert HistoryFile(str(path), 10).load() == ["qlen kept"]
    assert path.read_text() == "qlen kept\n"


def test_special_files_are_left_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "history"
    os.mkfifo(path, mode=0o644)
    mode = path.stat().st_mode
    HistoryFile(str(path), 10).add("qlen q")
    assert HistoryFile(str(path), 10).load() == []
    assert path.stat().st_mode == mode


def test_size_0_keeps_no_history(tmp_path: Path) -> None:
    HistoryFile(str(tmp_path / "history"), 0).add("qlen q")
    assert not (tmp_path / "history").exists()


def test_several_shells_share_the_file(tmp_path: Path) -> None:
    path = str(tmp_path / "history")

    def live(name: int) -> None:
        for number in range(50):
            HistoryFile(path, 1000).add(f"qlen {name}-{number}")
            HistoryFile(path, 1000).load()

    shells = [threading.Thread(target=live, args=(name,)) for name in range(4)]
    for shell in shells:
        shell.start()
    for shell in shells:
        shell.join()
    assert len(set(HistoryFile(path, 1000).load())) == 200


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = HistoryFile(str(tmp_path / "file" / "history"), 10)
    history.add("qlen q")
    assert history.load() == []


def test_it_is_in_the_folder_for_state() -> None:
    assert history_path({"HOME": "/home/ada"}).endswith("disquectl/history")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have folders of their own")
@pytest.mark.parametrize("folder", ["", "state", "./state"])
def test_a_relative_state_folder_is_ignored(folder: str) -> None:
    path = history_path({"HOME": "/home/ada", "XDG_STATE_HOME": folder})
    assert path == "/home/ada/.local/state/disquectl/history"


def test_a_line_that_is_too_long_is_not_kept(tmp_path: Path) -> None:
    """Not even where an older shell has written it."""
    path = tmp_path / "history"
    longest = "x" * MAX_LINE_BYTES
    for line in (longest, longest + "x", "\n" * (MAX_LINE_BYTES - 1)):
        HistoryFile(str(path), 10).add(line)
    assert HistoryFile(str(path), 10).load() == [longest]
    path.write_bytes(b"qlen a\n" + b"x" * (MAX_LINE_BYTES + 1) + b"\nqlen b\n")
    assert HistoryFile(str(path), 10).load() == ["qlen a", "qlen b"]


def test_a_line_that_is_too_long_is_not_recalled(tmp_path: Path) -> None:
    from disquectl.shell.editing import SharedHistory

    history = SharedHistory(HistoryFile(str(tmp_path / "history"), 10))
    history.append_string("x" * (MAX_LINE_BYTES + 1))
    history.append_string("AUTH hunter2")
    assert history.get_strings() == ["AUTH hunter2"]
