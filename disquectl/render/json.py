r"""json (one document) and jsonl (one object a line), without loss of bytes.

Bytes that are UTF-8 are strings. Others are base64: in an object under the name with `_base64` appended,
elsewhere (an element of a list, a whole reply) as `{"base64": "..."}`. Unsafe characters are written
`\u....`, everything else is UTF-8. Python's json is not used: it does not support bytes, leaves C1 and bidi
characters unescaped, and takes longer to import than a command takes to run.

Knows no other format.
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
    r"""Return the value as JSON text, without a line end.

    `indent`: spaces per level, 0 for one line; `newline`: the separator of lines at this level.

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
    """Return the encoding that was needed (`base64` or empty) and the text."""
    try:
        return "", data.decode()
    except UnicodeDecodeError:
        return "base64", b2a_base64(data, newline=False).decode()


def _needs_escapes(text: str) -> bool:
    return not text.isprintable() or '"' in text or "\\" in text


def _string(text: str) -> str:
    if not _needs_escapes(text):
        return f'"{text}"'
    # Surrogates cannot be encoded; they become the replacement character.
    text = to_bytes(text).decode("utf-8", "replace").translate(_ASCII_ESCAPES)
    if not text.isprintable():
        for char in UNSAFE_BEYOND_ASCII:
            if char in text:
                text = text.replace(char, _escaped(char))
    return f'"{text}"'


def _escaped(char: str) -> str:
    """Escape a character beyond ASCII; one beyond U+FFFF takes two escapes."""
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _texts(column: Column) -> Sequence[str]:
    """Return cells as JSON texts. Raises UnicodeDecodeError: base64 needs a different name."""
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
    except TypeError:  # not all are lists of text
        pass
    return list(map(encode, cells))


def _objects(records: Records, end: str) -> list[str] | None:
    """Return an object for each record, made field by field; None if that is not possible."""
    if isinstance(records, list) or not records:
        return None
    names = [f"{',' if i else '{'}{_string(name)}:" for i, name in enumerate(records.names)]
    try:
        return records.fill(names, "}" + end, _texts)
    except UnicodeDecodeError:
        return None


class JsonWriter(Writer):
    """Writes one document: an array if the shape has many records, else the record, or null without one.

    Where a summary belongs to the records, it is an object with both: `{"jobs":[...],"summary":{...}}`.
    """

    __slots__ = ("_begun", "_indent", "_opening", "_shape", "_summary")

    def __init__(self, out: BinaryIO, shape: Shape, pretty: bool) -> None:
        super().__init__(out)
        self._shape = shape
        self._indent = 2 if pretty else 0
        self._begun = False
        self._opening = f'{{"{shape.listed_as}":[' if shape.listed_as else "["
        self._summary: Record = {}

    def write(self, record: Record) -> None:
        value = record.get("reply") if self._shape.layout == REPLY else record
        if self._shape.many:
            newline = "\n" + " " * self._indent if self._indent else ""
            start = "," if self._begun else self._opening
            self._put((start + newline + encode(value, self._indent, newline)).encode())
        else:
            self._put((encode(value, self._indent) + "\n").encode())
        self._begun = True

    def write_all(self, records: Records) -> None:
        """Write all in one piece if they are `Columns` and not indented, which is faster."""
        objects = None if self._indent or not self._shape.many else _objects(records, "")
        if objects is None:
            super().write_all(records)
            return
        self._put((("," if self._begun else self._opening) + ",".join(objects)).encode())
        self._begun = True

    def summarize(self, summary: Record) -> None:
        """Keep it for the end of the document."""
        self._summary = summary

    def finish(self) -> None:
        if self._shape.many:
            newline = "\n" if self._indent else ""
            end = newline if self._begun else ""
            if self._shape.listed_as:
                colon = ": " if self._indent else ":"
                last = f'],{newline}"summary"{colon}{encode(self._summary, self._indent, newline)}}}'
            else:
                last = "]"
            self._put(f"{'' if self._begun else self._opening}{end}{last}\n".encode())
        elif not self._begun:
            self._put(b"null\n")
        self.flush()


class JsonLinesWriter(Writer):
    """Writes one JSON value a line, at once."""

    __slots__ = ("_shape",)

    def __init__(self, out: BinaryIO, shape: Shape) -> None:
        super().__init__(out)
        self._shape = shape

    def write(self, record: Record) -> None:
        value = record.get("reply") if self._shape.layout == REPLY else record
        self._put((encode(value) + "\n").encode())

    def summarize(self, summary: Record) -> None:
        """Write it as the last line."""
        self._put((encode({"summary": summary}) + "\n").encode())

    def write_all(self, records: Records) -> None:
        """Write all in one piece if they are `Columns`, which is faster."""
        objects = _objects(records, "\n")
        if objects is None:
            super().write_all(records)
        else:
            self._put("".join(objects).encode())
