"""Counts replies: those of one line without making an object of each, errors by their codes. Pure.

A measurement that read each reply would measure itself.
"""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.resp import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.resp import Reply

    Counted = tuple[int, int]

_JOB_ID = b"+D-"
_OF_ONE_LINE = (b":", b"+")


class ReplyLines:
    """Takes bytes as they come; every reply is a line that begins in the same way, or an error.

    errors  code of an error (NOREPL), or "?" for any other line -> how many
    """

    __slots__ = ("_beginning", "_line", "_rest", "errors")

    def __init__(self, beginning: bytes = _JOB_ID, errors: dict[str, int] | None = None) -> None:
        """`beginning`: of a reply, by default of one to ADDJOB. `errors`: where to count."""
        self.errors: dict[str, int] = {} if errors is None else errors
        self._beginning = beginning
        self._line = b"\n" + beginning
        self._rest = b""

    def feed(self, data: bytes) -> Counted:
        """Take more bytes; return how many replies were completed by them, and how many are no errors."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        count = data.count(b"\n")
        if data[-1:] != b"\n":
            data, _, self._rest = data.rpartition(b"\n")
            data += b"\n"
        if not count:
            return 0, 0
        # A random part of an ID may end with +D, so the line end belongs to what is counted.
        done = data.count(self._line) + data.startswith(self._beginning)
        if done != count:
            for line in data.split(b"\n")[:-1]:
                if not line.startswith(self._beginning):
                    kind = (
                        line[1:].split(b" ")[0].strip().decode("ascii", "replace")
                        if line[:1] == b"-"
                        else "?"
                    )
                    self.errors[kind] = self.errors.get(kind, 0) + 1
        return count, done


class AnyReplies:
    """Takes bytes as they come; the replies are those to one command, of any kind.

    Its first reply says whether they are lines; others are parsed. `errors` as in ReplyLines.
    """

    __slots__ = ("_lines", "_parser", "errors")

    def __init__(self) -> None:
        self.errors: dict[str, int] = {}
        self._lines: ReplyLines | None = None
        self._parser: Parser | None = None

    def feed(self, data: bytes) -> Counted:
        """As in ReplyLines. Raises ProtocolError."""
        if self._lines is not None:
            return self._lines.feed(data)
        if self._parser is not None or data[:1] not in _OF_ONE_LINE:
            return self._parse(data)
        self._lines = ReplyLines(data[:1], self.errors)
        return self._lines.feed(data)

    def _parse(self, data: bytes) -> Counted:
        if not data:
            return 0, 0
        if self._parser is None:
            self._parser = Parser()
        replies: list[Reply] = []
        self._parser.feed(data)
        self._parser.take_all(replies)
        refused = [reply.code for reply in replies if isinstance(reply, ReplyError)]
        for code in refused:
            self.errors[code] = self.errors.get(code, 0) + 1
        return len(replies), len(replies) - len(refused)
