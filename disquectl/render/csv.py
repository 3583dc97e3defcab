r"""CSV by RFC 4180, with a header, and LF as line end.

Text is written unchanged, so that a CSV reader gets it back. Only bytes that are not UTF-8 are escaped, as in
plain (`\xff`); unlike in JSON, they cannot be told from the same characters in text. On a terminal, control
and bidi characters are escaped, too.

Knows no other format; does not use Python's csv.
"""

from __future__ import annotations

from disquectl.render.escape import for_terminal
from disquectl.render.flatten import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from disquectl.spec.shape import Value


def line(cells: Sequence[Value]) -> bytes:
    """Return a row for a file or a program."""
    return _row(cells, _text)


def line_for_terminal(cells: Sequence[Value]) -> bytes:
    """Return a row that is safe on a terminal."""
    return _row(cells, for_terminal)


def _row(cells: Sequence[Value], as_text: Callable[[bytes], str]) -> bytes:
    """Return a row; a single empty cell is quoted, because readers skip empty lines."""
    return ((",".join([_quoted(as_text(as_bytes(cell))) for cell in cells]) or '""') + "\n").encode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _quoted(text: str) -> str:
    if any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
