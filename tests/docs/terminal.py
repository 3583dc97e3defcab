"""Shell commands on a pseudo-terminal, beside a sandbox of their own: what a person would see.

The documents' examples and pictures are made and checked with it. It knows no page.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROWS = 50
# Stands between the outputs of two commands, with the exit code of the first.
MARK = "\x1e"


class Outcome:
    """What one command wrote, on stdout and stderr together, and its exit code."""

    def __init__(self, command: str, text: str, code: int) -> None:
        self.command = command
        self.text = text
        self.code = code


def run(
    commands: list[str], folder: Path, *, columns: int = 80, color: bool = False, demo: bool = False
) -> list[Outcome]:
    """Run the commands in one shell, one after the other, in `folder`, on a terminal `columns` wide.

    The shell's `disquectl` and `python3` are those of this Python; DISQUE_NODES leads to a fresh sandbox.
    """
    script = "".join(f"{command}\nprintf '{MARK}%s{MARK}' $?\n" for command in commands)
    options = ["--port", "0", *(["--demo"] if demo else [])]
    words = [sys.executable, "-m", "disquectl", "sandbox", *options, "--", "bash", "--norc", "-c", script]
    parts = _on_terminal(words, folder, columns, _environment(color)).split(MARK)
    if len(parts) != 2 * len(commands) + 1:
        raise AssertionError(f"the shell ended early: {parts}")
    texts, codes = parts[:-1:2], parts[1::2]
    return [
        Outcome(command, text, int(code)) for command, text, code in zip(commands, texts, codes, strict=True)
    ]


def _environment(color: bool) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DISQUE_", "DISQUECTL_", "PYTHON"))
        and name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    plain = {} if color else {"NO_COLOR": "1"}
    return kept | plain | {"PATH": path, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _on_terminal(words: list[str], folder: Path, columns: int, environ: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environ, start_new_session=True
    ):
        os.close(theirs)
        data = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return data.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so when the last process has left the terminal.
        return b""
