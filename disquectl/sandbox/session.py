"""A session: one client of a node, without the socket.

Replies are collected in `out` until the server sends them. Requests of a waiting session are read later.
"""

from __future__ import annotations

from dataclasses import dataclass

from disquectl.sandbox.requests import RequestReader

_REPLY_BUFFER_BYTES = 16 * 1024


@dataclass(slots=True)
class Wait:
    """Base class of what a client waits for (see `waiting`). `deadline_ms` 0: no timeout."""

    deadline_ms: int


class Session:
    """One client of one node."""

    __slots__ = (
        "_touched",
        "address",
        "authenticated",
        "closing",
        "created_ms",
        "fd",
        "held",
        "killed",
        "last_command",
        "monitoring",
        "muted",
        "name",
        "number",
        "out",
        "out_bytes",
        "reader",
        "seen_ms",
        "skip",
        "skip_next",
        "wait",
    )

    def __init__(
        self, number: int, address: bytes, fd: int, now_ms: int, touched: dict[Session, None]
    ) -> None:
        """The session adds itself to `touched` if it has something to send or is to be closed."""
        self.number = number
        self.address = address
        self.fd = fd
        self.name = b""
        self.authenticated = False
        self.monitoring = False
        # CLIENT REPLY OFF; SKIP for this command; SKIP for the one after.
        self.muted = self.skip = self.skip_next = False
        self.created_ms = self.seen_ms = now_ms
        self.last_command = b"NULL"
        self.reader = RequestReader()
        self.wait: Wait | None = None
        self.out: list[bytes] = []
        self.out_bytes = 0
        # The client does not read its replies: no requests are read until it does.
        self.held = False
        # Close when the replies are sent, or at once.
        self.closing = False
        self.killed = False
        self._touched = touched

    def reply(self, data: bytes) -> None:
        """Queue an encoded reply, unless CLIENT REPLY turned replies off."""
        if self.muted or self.skip:
            return
        self.out.append(data)
        self.out_bytes += len(data)
        self._touched[self] = None

    @property
    def listed_replies(self) -> int:
        """How many replies are in the reply list; as on the real server, small ones are buffered instead."""
        return len(self.out) if self.out_bytes > _REPLY_BUFFER_BYTES else 0

    def kill(self) -> None:
        """Close the connection at once."""
        self.killed = True
        self._touched[self] = None

    def take_output(self) -> bytes:
        """Return and clear the collected replies."""
        data = self.out[0] if len(self.out) == 1 else b"".join(self.out)
        self.out.clear()
        self.out_bytes = 0
        return data
