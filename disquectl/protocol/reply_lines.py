"""Counts the replies to ADDJOB without parsing each: job IDs by their number, errors by their codes. Pure.

A measurement that made an object of each reply would measure itself.
"""

from __future__ import annotations

_ID_LINE = b"\n+D-"


class ReplyLines:
    """Takes bytes as they come; every reply is a line.

    errors  code of an error (NOREPL), or "?" for a line that is no reply to ADDJOB -> how many
    """

    __slots__ = ("_rest", "errors")

    def __init__(self) -> None:
        self.errors: dict[str, int] = {}
        self._rest = b""

    def feed(self, data: bytes) -> tuple[int, int]:
        """Take more bytes; return how many replies were completed by them, and how many of these are IDs."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        count = data.count(b"\n")
        if data[-1:] != b"\n":
            data, _, self._rest = data.rpartition(b"\n")
            data += b"\n"
        if not count:
            return 0, 0
        # A random part of an ID may end with +D, so the line end belongs to what is counted.
        ids = data.count(_ID_LINE) + (data[:3] == _ID_LINE[1:])
        if ids != count:
            for line in data.split(b"\n")[:-1]:
                if line[:3] != _ID_LINE[1:]:
                    kind = (
                        line[1:].split(b" ")[0].strip().decode("ascii", "replace")
                        if line[:1] == b"-"
                        else "?"
                    )
                    self.errors[kind] = self.errors.get(kind, 0) + 1
        return count, ids
