"""Picks the writer of an output format, and checks the chosen columns.

Only the module of the chosen format is imported: plain lines do not load tables. Knows no
command, and nothing of how a format looks.
"""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.render.flatten import rows
from disquectl.render.stream import Writer
from disquectl.spec.global_options import FORMATS
from disquectl.spec.shape import RECORDS, VALUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from disquectl.protocol.columns import Records
    from disquectl.render.theme import Theme
    from disquectl.spec.shape import Record, Shape


def check_columns(columns: Sequence[str], shape: Shape) -> None:
    """Raise UsageError, which lists the columns, for a column that these records do not have."""
    known = f" (choose {', '.join(shape.fields)})" if shape.fields else ""
    if not columns:
        raise UsageError(f"no column given{known}")
    for name in columns:
        if not name or (shape.fields and _field(name, shape) not in shape.fields):
            raise UsageError(f"unknown column {name!r}{known}")


def writer(
    fmt: str,
    shape: Shape,
    *,
    out: BinaryIO,
    columns: Sequence[str] | None = None,
    header: bool = True,
    width: int = 80,
    color: bool = False,
    theme: Theme = "dark",
    null: bool = False,
    now_ms: int | None = None,
    pretty: bool = False,
    stamp: str = "",
) -> Writer:
    """Return the writer of the format `fmt`, one of FORMATS, for records of this shape.

    out      a buffered binary stream
    columns  the fields to show, in order; `NAME_base64` is the column `NAME`
    header   csv, tsv and table: name the columns first
    width    table: the columns of the terminal; `color`: with ANSI colours, by `theme`
    null     raw: NUL between the items instead of newline
    now_ms   table: the time, in ms since 1970, for `5m ago`; None shows the point in time itself
    stamp    json and jsonl: the `time` of each record; "": they have none
    pretty   for a terminal: json is indented; in csv control and bidi characters are escaped

    Raises UsageError for an unknown format or column.
    """
    picked = shape
    if columns is not None:
        check_columns(columns, shape)
        picked = shape.with_columns(tuple(_field(name, shape) for name in columns))
    if fmt == "table":
        made = _table_writer(
            out,
            picked,
            header=header,
            width=width,
            color=color,
            theme=theme,
            now_ms=now_ms,
            chosen=picked is not shape,
        )
    elif fmt in ("json", "jsonl"):
        made = _json_writer(fmt, out, picked, pretty, stamp)
    elif fmt in ("csv", "tsv"):
        made = _rows_writer(fmt, out, picked, header, pretty)
    elif fmt == "plain":
        from disquectl.render.plain import PlainWriter

        made = PlainWriter(out, picked)
    elif fmt == "raw":
        from disquectl.render.raw import RawWriter

        made = RawWriter(out, picked, null)
    else:
        raise UsageError(f"unknown output format {fmt!r} (choose {', '.join(FORMATS)})")
    return made if picked is shape else _Picking(out, made, shape, picked.fields)


def _table_writer(
    out: BinaryIO,
    shape: Shape,
    *,
    header: bool,
    width: int,
    color: bool,
    theme: Theme,
    now_ms: int | None,
    chosen: bool,
) -> Writer:
    """`chosen`: the fields were chosen, so that a list shows all of them."""
    if shape.many and shape.layout in (RECORDS, VALUE) and not shape.folds:
        from disquectl.render.lists import ListWriter
        from disquectl.render.theme import palette

        colors = palette(theme, color)
        return ListWriter(
            out, shape, header=header, width=width, palette=colors, now_ms=now_ms, chosen=chosen
        )
    from disquectl.render.table import TableWriter

    return TableWriter(out, shape, header=header, width=width, color=color, theme=theme, now_ms=now_ms)


def _json_writer(fmt: str, out: BinaryIO, shape: Shape, pretty: bool, stamp: str) -> Writer:
    from disquectl.render.json import JsonLinesWriter, JsonWriter

    made = JsonWriter(out, shape, pretty) if fmt == "json" else JsonLinesWriter(out, shape)
    return _Stamping(out, made, stamp) if stamp else made


def _rows_writer(fmt: str, out: BinaryIO, shape: Shape, header: bool, pretty: bool) -> Writer:
    from disquectl.render.rows import RowsWriter

    if fmt == "csv":
        from disquectl.render import csv

        return RowsWriter(out, shape, header, csv.line_for_terminal if pretty else csv.line)
    from disquectl.render.plain import line

    return RowsWriter(out, shape, header, line)


def _field(name: str, shape: Shape) -> str:
    """Return the field of a column: columns are JSON keys, or Disque's names with `-`."""
    name = name.replace("-", "_")
    return name if name in shape.fields else name.removesuffix("_base64")


class _Stamping(Writer):
    """Adds the time to each record, unless it has one already, and passes it on to another writer."""

    __slots__ = ("_inner", "_time")

    def __init__(self, out: BinaryIO, inner: Writer, time: str) -> None:
        super().__init__(out)
        self._inner = inner
        self._time = time

    def write(self, record: Record) -> None:
        self._inner.write({"time": self._time, **record})

    def summarize(self, summary: Record) -> None:
        self._inner.summarize(summary)

    def finish(self) -> None:
        self._inner.finish()


class _Picking(Writer):
    """Passes the picked fields of each row on to the writer of a format."""

    __slots__ = ("_fields", "_inner", "_shape")

    def __init__(self, out: BinaryIO, inner: Writer, shape: Shape, fields: tuple[str, ...]) -> None:
        super().__init__(out)
        self._inner = inner
        self._shape = shape
        self._fields = fields

    def write(self, record: Record) -> None:
        for row in rows(self._shape, record):
            self._inner.write({field: row.get(field) for field in self._fields})

    def write_all(self, records: Records) -> None:
        if isinstance(records, list) or self._shape.layout != RECORDS:
            super().write_all(records)
        else:
            self._inner.write_all(records.pick(self._fields))

    def summarize(self, summary: Record) -> None:
        self._inner.summarize(summary)

    def finish(self) -> None:
        self._inner.finish()

    def pause(self) -> None:
        self._inner.pause()
