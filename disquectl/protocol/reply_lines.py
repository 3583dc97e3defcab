"""Counts replies of one line without parsing each: those that are right, and errors by their codes. Pure.

A measurement that made an object of each reply would measure itself.
"""

from __future__ import annotations

JOB_ID, NUMBER = b"+D-", b":"


class ReplyLines:
    """Takes bytes as they come; every reply is a line.

    errors  code of an error (NOREPL), or "?" for another line that is not right -> how many
    """

    __slots__ = ("_beginning", "_rest", "errors")

    def __init__(self, beginning: bytes) -> None:
        """`beginning` of a reply that is right: JOB_ID for ADDJOB, NUMBER for QLEN."""
        self._beginning = beginning
        self.errors: dict[str, int] = {}
        self._rest = b""

    def feed(self, data: bytes) -> tuple[int, int]:
        """Take more bytes; return how many replies they complete, and how many of these are right."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        count = data.count(b"\n")
        if data[-1:] != b"\n":
            data, _, self._rest = data.rpartition(b"\n")
            data += b"\n"
        if not count:
            return 0, 0
        # A random part of an ID may end with +D, so the line end belongs to what is counted.
        right = data.count(b"\n" + self._beginning) + data.startswith(self._beginning)
        if right != count:
            for line in data.split(b"\n")[:-1]:
                if not line.startswith(self._beginning):
                    kind = (
                        line[1:].split(b" ")[0].strip().decode("ascii", "replace")
                        if line[:1] == b"-"
                        else "?"
                    )
                    self.errors[kind] = self.errors.get(kind, 0) + 1
        return count, right
