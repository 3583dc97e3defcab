r"""CSV as RFC 4180 has it, with LF at the end of lines and a header.

Text is written as it is, whatever its characters: a reader of CSV gets it back. Only bytes that are not UTF-8
are escaped, as in plain (`\xff`), and nothing shows which bytes and which text were there: JSON does. On a
terminal, control and bidi characters are escaped, too.

This module knows no other format, and needs nothing of Python's csv.
"""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.flatten import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.spec.shape import Value


def line(cells: Sequence[Value]) -> bytes:
    """A row for a file or a program."""
    return _row(cells, _text)


def line_for_terminal(cells: Sequence[Value]) -> bytes:
    """A row that a terminal can show."""
    return _row(cells, for_terminal)


def _row(cells: Sequence[Value], as_text: Callable[[bytes], str]) -> bytes:
    """A row that is one empty cell is quoted: readers skip an empty line."""
    return ((",".join([_quoted(as_text(as_bytes(cell))) for cell in cells]) or '""') + "\n").encode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _quoted(text: str) -> str:
    if any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
