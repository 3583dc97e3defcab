"""Drives the shell in a pseudo-terminal: types keys, and reads the screen of a terminal emulator."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Self

import pexpect
import pyte

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_SECONDS = 20
ENTER, TAB, CTRL_C, CTRL_D, CTRL_R, UP = "\r", "\t", "\x03", "\x04", "\x12", "\x1b[A"


class Person:
    """A context manager around `disquectl ARGS` in a pseudo-terminal."""

    def __init__(self, *args: str, home: str, columns: int = 100, rows: int = 30, **env: str) -> None:
        environ = {**os.environ, "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}
        environ.pop("XDG_STATE_HOME", None)
        environ.pop("XDG_CONFIG_HOME", None)
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._child = pexpect.spawn(
            sys.executable, ["-m", "disquectl", *args], env=environ, dimensions=(rows, columns), timeout=5
        )
        self._child.delaybeforesend = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """Return the current screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def type(self, keys: str) -> None:
        """Send the keys."""
        self._child.send(keys)

    def until(self, what: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows this; return the screen."""
        arrived = (lambda text: what in text) if isinstance(what, str) else what
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not arrived(self.text):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited for {what!r} before this screen:\n{self.text}")
            self.look()
        return self.text

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self.screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self._child.pid, number)

    def look(self) -> None:
        """Read output of the terminal; wait for it briefly."""
        try:
            data = self._child.read_nonblocking(65536, timeout=0.2)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            raise AssertionError(f"it ended; the screen was:\n{self.text}") from None
        self.raw += data
        self._stream.feed(data)

    def run(self, line: str, until: str | Callable[[str], bool]) -> str:
        """Type a line and Enter; wait for the result."""
        self.type(line + ENTER)
        return self.until(until)

    def leaves(self) -> int:
        """Wait for the process to end; return its exit code."""
        self._child.expect(pexpect.EOF, timeout=PATIENCE_SECONDS)
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    def color_of(self, word: str) -> str:
        """The colour of the last place where the word stands."""
        for command in range(self.screen.lines - 1, -1, -1):
            column = self.screen.display[command].find(word)
            if column >= 0:
                return str(self.screen.buffer[command][column].fg)
        raise AssertionError(f"{word!r} is not on the screen:\n{self.text}")


def configured(tmp_path: Path, text: str) -> str:
    """A home whose configuration has these lines for the shell."""
    folder = tmp_path / ".config" / "disquectl"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[shell]\n{text}\n")
    return str(tmp_path)
