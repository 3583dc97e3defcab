"""disquectl on a pseudo-terminal of a fixed size, as a person sits before it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time

import pyte

from tests.support.waiting import PATIENCE_SECONDS


class Terminal:
    """One run; stdin and stderr are the terminal, and stdout too unless it is given another file.

    `seen` is what the terminal showed so far. There is no pager, unless PAGER names one.
    """

    def __init__(self, *args, node=None, columns=80, rows=24, stdout=None, **env):
        self._size = columns, rows
        self._master, slave = os.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environ = dict(os.environ) | {"PAGER": ""} | env | ({} if node is None else {"DISQUE_NODES": node})
        # A session of its own, whose terminal is the first that it opens: so Ctrl-C and /dev/tty work.
        opener = ["sh", "-c", 'exec <>"$0" && exec "$@"', os.ttyname(slave)]
        self.process = subprocess.Popen(
            [*opener, sys.executable, "-m", "disquectl", *args],
            stdin=slave,
            stdout=slave if stdout is None else stdout,
            stderr=slave,
            env=environ,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def wait_for(self, text):
        """Read until the terminal shows it."""
        while text not in self.seen:
            assert self._read(), f"it ended without {text!r}: {self.seen!r}"

    def type(self, text):
        """As if it was typed."""
        os.write(self._master, text.encode())

    def screen(self):
        """The lines with text that the terminal shows now."""
        shown = pyte.Screen(*self._size)
        pyte.Stream(shown).feed(self.seen.replace("\n", "\r\n"))
        return [line.rstrip() for line in shown.display if line.strip()]

    def end(self):
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS)

    def _read(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        ready, _, _ = select.select([self._master], [], [], deadline - time.monotonic())
        assert ready, f"nothing more came after {self.seen!r}"
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return False  # how Linux says that nobody has the other end any more
        self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


def on_terminal(*args, **options):
    """One run that asks nothing: what the terminal showed, and the exit code."""
    with Terminal(*args, **options) as terminal:
        code = terminal.end()
        return terminal.seen, code
