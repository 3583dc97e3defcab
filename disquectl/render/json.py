r"""JSON that loses no byte: json, one document, and jsonl, one object a line.

Bytes that are UTF-8 are strings. Others come in base64: in an object under the name with `_base64` behind
it, elsewhere (an element of a list, a whole reply) as `{"base64": "..."}`. Characters that are not fit to
show are written `\u....`, everything else is UTF-8. Python's json is not used: it knows no bytes, leaves C1
and bidi characters as they are, and takes longer to import than a command takes to run.

This module knows no other format.
"""

from __future__ import annotations

from binascii import b2a_base64

from disquectl.render.escape import UNSAFE, UNSAFE_BEYOND_ASCII, to_bytes
from disquectl.render.stream import Writer
from disquectl.spec.shape import REPLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from disquectl.protocol.columns import Column, Records
    from disquectl.spec.shape import Record, Shape, Value

_ASCII_ESCAPES = {code: f"\\u{code:04x}" for code in UNSAFE if code < 0x80} | {
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord('"'): '\\"',
    ord("\\"): "\\\\",
}


def encode(value: Value, indent: int = 0, newline: str = "") -> str:
    r"""The value as JSON text, without a line end.

    `indent` spaces a level, 0 for all on one line; `newline` is what separates the lines at this level.

    >>> encode({"queue": "q", "body": b"\xff", "args": [b"\xff", 1, None]})
    '{"queue":"q","body_base64":"/w==","args":[{"base64":"/w=="},1,null]}'
    """
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bytes):
        name, text = _of_bytes(value)
        return encode({name: text}, indent, newline) if name else _string(text)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # JSON has neither NaN nor infinity.
        return repr(value) if value - value == 0 else "null"
    inner = (newline or "\n") + " " * indent if indent else ""
    if isinstance(value, dict):
        items = list(_members(value, indent, inner))
        opening, closing = "{", "}"
    else:
        items = [encode(item, indent, inner) for item in value]
        opening, closing = "[", "]"
    if not items:
        return opening + closing
    end = (newline or "\n") if indent else ""
    return opening + inner + ("," + inner).join(items) + end + closing


def _members(record: Record, indent: int, newline: str) -> Iterator[str]:
    colon = ": " if indent else ":"
    for name, value in record.items():
        if isinstance(value, bytes):
            suffix, text = _of_bytes(value)
            yield _string(f"{name}_{suffix}" if suffix else name) + colon + _string(text)
        else:
            yield _string(name) + colon + encode(value, indent, newline)


def _of_bytes(data: bytes) -> tuple[str, str]:
    """The encoding that was needed, or none, and the text."""
    try:
        return "", data.decode()
    except UnicodeDecodeError:
        return "base64", b2a_base64(data, newline=False).decode()


def _needs_escapes(text: str) -> bool:
    return not text.isprintable() or '"' in text or "\\" in text


def _string(text: str) -> str:
    if not _needs_escapes(text):
        return f'"{text}"'
    # A surrogate is no character; what it stood for is shown by the replacement character.
    text = to_bytes(text).decode("utf-8", "replace").translate(_ASCII_ESCAPES)
    if not text.isprintable():
        for char in UNSAFE_BEYOND_ASCII:
            if char in text:
                text = text.replace(char, _escaped(char))
    return f'"{text}"'


def _escaped(char: str) -> str:
    """A character beyond ASCII; one beyond U+FFFF takes two escapes."""
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _texts(column: Column) -> Sequence[str]:
    """Cells as JSON texts. Raises UnicodeDecodeError: base64 has a name of its own."""
    cells, types = column.values, column.types
    if types <= {int, type(None)}:
        return ["null" if cell is None else str(cell) for cell in cells]
    if types == {list}:
        return _lists(cells)
    if types == {bytes}:
        cells = list(map(bytes.decode, cells))
    elif types != {str}:
        return [_string(cell.decode()) if isinstance(cell, bytes) else encode(cell) for cell in cells]
    texts: Sequence[str] = cells
    if _needs_escapes("".join(texts)):
        return list(map(_string, texts))
    return [f'"{text}"' for text in texts]


def _lists(cells: Sequence[list[str]]) -> list[str]:
    try:
        if not _needs_escapes("".join(map("".join, cells))):
            return ['["' + '","'.join(cell) + '"]' if cell else "[]" for cell in cells]
    except TypeError:  # not all of them are lists of text
        pass
    return list(map(encode, cells))


def _objects(records: Records, end: str) -> list[str] | None:
    """An object for each record, on one line, made field by field; None where that cannot be."""
    if isinstance(records, list) or not records:
        return None
    names = [f"{',' if i else '{'}{_string(name)}:" for i, name in enumerate(records.names)]
    try:
        return records.fill(names, "}" + end, _texts)
    except UnicodeDecodeError:
        return None


class JsonWriter(Writer):
    """One document: an array where several records can come, else the record, or null where nothing came."""

    __slots__ = ("_begun", "_indent", "_shape")

    def __init__(self, out: BinaryIO, shape: Shape, pretty: bool) -> None:
        super().__init__(out)
        self._shape = shape
        self._indent = 2 if pretty else 0
        self._begun = False

    def write(self, record: Record) -> None:
        value = record.get("reply") if self._shape.layout == REPLY else record
        if self._shape.many:
            newline = "\n" + " " * self._indent if self._indent else ""
            start = "," if self._begun else "["
            self._put((start + newline + encode(value, self._indent, newline)).encode())
        else:
            self._put((encode(value, self._indent) + "\n").encode())
        self._begun = True

    def write_all(self, records: Records) -> None:
        """In one piece where they are kept by field and stand on one line, which is quicker."""
        objects = None if self._indent or not self._shape.many else _objects(records, "")
        if objects is None:
            super().write_all(records)
            return
        self._put((("," if self._begun else "[") + ",".join(objects)).encode())
        self._begun = True

    def finish(self) -> None:
        if self._shape.many:
            end = "\n" if self._begun and self._indent else ""
            self._put(f"{'' if self._begun else '['}{end}]\n".encode())
        elif not self._begun:
            self._put(b"null\n")
        self.flush()


class JsonLinesWriter(Writer):
    """One JSON value a line, as it comes."""

    __slots__ = ("_shape",)

    def __init__(self, out: BinaryIO, shape: Shape) -> None:
        super().__init__(out)
        self._shape = shape

    def write(self, record: Record) -> None:
        value = record.get("reply") if self._shape.layout == REPLY else record
        self._put((encode(value) + "\n").encode())

    def write_all(self, records: Records) -> None:
        """In one piece where they are kept by field, which is quicker."""
        objects = _objects(records, "\n")
        if objects is None:
            super().write_all(records)
        else:
            self._put("".join(objects).encode())
