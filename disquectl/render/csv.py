r"""CSV as RFC 4180 has it, with LF at the end of lines and a header.

A cell that is UTF-8 and harmless stands as it is: tabs, newlines, CRLF and backslashes stay real, quoted
where needed. A cell that is not UTF-8, or holds other control or bidi characters, is escaped as a whole, as
in plain; so is one that already holds a backslash followed by `x`. So nothing is lost: a cell with `\x` in
it is escaped, any other is not.

This module knows no other format, and needs nothing of Python's csv.
"""

from __future__ import annotations

from disquectl.render.escape import UNSAFE, plain
from disquectl.render.shape import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.render.shape import Value

_UNSAFE_CHARS = tuple(chr(code) for code in UNSAFE)


def line(cells: Sequence[Value]) -> bytes:
    """A row. One that is one empty cell is quoted: readers skip an empty line."""
    return ((",".join([_cell(cell) for cell in cells]) or '""') + "\n").encode()


def _cell(value: Value) -> str:
    data = as_bytes(value)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = plain(data)
    else:
        if "\\x" in text or not _is_harmless(text):
            text = plain(data)
    if any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _is_harmless(text: str) -> bool:
    if text.isprintable():
        return True
    rest = text.replace("\r\n", "")
    return not any(char in rest for char in _UNSAFE_CHARS)
