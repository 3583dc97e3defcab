"""Tells systemd how the worker is: READY=1, STOPPING=1, and WATCHDOG=1 while its loop turns (sd_notify).

Does nothing where NOTIFY_SOCKET is not set. Times are seconds on the worker's clock.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The variables that are for the worker alone: a command that used them would speak for the service.
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_MICROSECONDS = 1_000_000


class Systemd:
    """`environ` is the environment of the worker; `pid` is its process, whose watchdog it is."""

    def __init__(self, environ: Mapping[str, str], pid: int) -> None:
        self.next_deadline = inf
        self._address = _address_of(environ.get("NOTIFY_SOCKET", ""))
        self._watchdog_seconds = _watchdog_seconds(environ, pid)
        self._is_stopping = False
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    def ready(self, now: float) -> None:
        """A node has answered: the worker takes jobs from now on."""
        self._send(b"READY=1")
        if self._socket is not None and self._watchdog_seconds:
            self.next_deadline = now

    def tick(self, now: float, *, is_stopping: bool) -> None:
        """Say that the loop turns, when that is due, and once that the worker takes no more jobs."""
        if is_stopping and not self._is_stopping:
            self._is_stopping = True
            self._send(b"STOPPING=1")
        if now >= self.next_deadline:
            # Twice in the time that systemd waits, as sd_watchdog_enabled(3) recommends.
            self.next_deadline = now + self._watchdog_seconds / 2
            self._send(b"WATCHDOG=1")

    def close(self) -> None:
        """Close the socket; nothing more is sent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: bytes) -> None:
        if self._socket is not None:
            # A worker works on without systemd.
            with suppress(OSError):
                self._socket.sendto(text, self._address)


def _address_of(name: str) -> bytes:
    """The address of NOTIFY_SOCKET: a path, or with @ an abstract name; empty for other kinds."""
    if name[:1] == "@":
        return b"\0" + os.fsencode(name[1:])
    return os.fsencode(name) if name[:1] == "/" else b""


def _watchdog_seconds(environ: Mapping[str, str], pid: int) -> float:
    """After how long without WATCHDOG=1 systemd ends the worker; 0 if it does not watch this process."""
    wait = environ.get("WATCHDOG_USEC", "")
    if environ.get("WATCHDOG_PID", str(pid)) != str(pid) or not (wait.isascii() and wait.isdecimal()):
        return 0.0
    return int(wait) / _MICROSECONDS
