"""Which format, which columns, and what becomes of a failure to write."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import disquectl
from disquectl.errors import DataError, UsageError
from disquectl.render.decoded import BodyWriter
from disquectl.render.output import check_columns, writer
from disquectl.spec.global_options import FORMATS
from disquectl.spec.shape import Shape

from .samples import (
    EXEC,
    GETJOB,
    HELLO,
    HELLOS,
    ID,
    INFO,
    JOBS,
    QLEN,
    QLENS,
    SECTIONS_OF_INFO,
    SHOW,
    SHOWN,
    raw_written,
    written,
)


def test_an_unknown_column_is_named_and_the_known_ones_listed():
    with pytest.raises(UsageError, match=r"unknown column 'size' \(choose queue, id, body\)$"):
        check_columns(["id", "size"], GETJOB)


@pytest.mark.parametrize("columns", [[], [""], ["id", ""]])
def test_an_empty_column_is_rejected(columns):
    with pytest.raises(UsageError, match="queue, id, body"):
        check_columns(columns, GETJOB)


@pytest.mark.parametrize("name", ["nodes_confirmed", "nodes-confirmed", "body_base64"])
def test_a_column_may_go_by_disques_name_or_its_json_key(name):
    check_columns([name], SHOW)


def test_a_shape_of_unknown_fields_takes_any_column():
    check_columns(["whatever"], Shape(()))


def test_an_unknown_format_is_rejected():
    with pytest.raises(UsageError, match=r"unknown output format 'xml' \(choose table, plain"):
        writer("xml", GETJOB, out=io.BytesIO())


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_unknown_column_is_rejected_in_every_format(fmt):
    with pytest.raises(UsageError, match="size"):
        writer(fmt, GETJOB, out=io.BytesIO(), columns=["size"])


@pytest.mark.parametrize(
    ("fmt", "expected"),
    [
        ("plain", f"hello\t{ID}\n"),
        ("tsv", f"body\tid\nhello\t{ID}\n"),
        ("csv", f"body,id\nhello,{ID}\n"),
        ("json", f'[{{"body":"hello","id":"{ID}"}}]\n'),
        ("jsonl", f'{{"body":"hello","id":"{ID}"}}\n'),
        ("raw", f"hello\t{ID}"),
    ],
)
def test_columns_are_picked_and_ordered(fmt, expected):
    assert written(fmt, GETJOB, JOBS[:1], columns=["body", "id"]) == expected


def test_a_picked_body_that_is_not_utf8_keeps_its_name_in_json():
    for name in ("body", "body_base64"):
        assert written("jsonl", GETJOB, JOBS[1:], columns=[name]) == '{"body_base64":"YSwiYiIKXP8="}\n'


def test_a_picked_field_that_a_record_lacks_is_nil():
    assert written("json", SHOW, [{"id": ID}], columns=["id", "ttl"]) == f'{{"id":"{ID}","ttl":null}}\n'
    assert written("plain", SHOW, [{"id": ID}], columns=["ttl", "id"]) == f"\t{ID}\n"


def test_with_columns_plain_has_rows_for_every_layout():
    assert written("plain", SHOW, [SHOWN], columns=["queue", "ttl"]) == "mail\t7380\n"
    assert written("plain", QLEN, [{"queue": b"q", "length": 3}], columns=["queue", "length"]) == "q\t3\n"
    assert written("plain", INFO, [SECTIONS_OF_INFO], columns=["field"]).split() == [
        "disque_version",
        "hz",
        "used_memory",
        "mem_fragmentation_ratio",
        "get",
    ]
    assert written("plain", EXEC, [{"reply": [1, 2]}], columns=["reply"]) == "1\n2\n"


def test_with_columns_the_rows_of_hello_are_objects():
    assert written("json", HELLO, [HELLOS], columns=["host", "port"]) == (
        '[{"host":"127.0.0.1","port":7711},{"host":"::1","port":7712}]\n'
    )


@pytest.mark.parametrize("fmt", ["plain", "tsv", "csv", "jsonl", "json", "raw"])
def test_records_are_written_as_they_come(fmt):
    out = io.BytesIO()
    sink = writer(fmt, GETJOB, out=out)
    sink.write(JOBS[0])
    sink.flush()
    assert b"hello" in out.getvalue()


class Failing(io.RawIOBase):
    """A stream whose every write ends in the same error."""

    def __init__(self, number):
        self.number = number

    def writable(self):
        return True

    def write(self, data):
        raise OSError(self.number, os.strerror(self.number))


def write_one(sink):
    """A table fails when it is finished, the other formats at once."""
    sink.write(JOBS[0])
    sink.finish()


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_is_reported(fmt, number):
    sink = writer(fmt, GETJOB, out=Failing(number))
    with pytest.raises(DataError, match=os.strerror(number)):
        write_one(sink)


def test_a_full_disk_at_the_flush_is_reported():
    raw = Failing(errno.ENOSPC)
    sink = writer("plain", GETJOB, out=io.BufferedWriter(raw))
    sink.write(JOBS[0])
    with pytest.raises(DataError, match="No space left"):
        sink.flush()
    # The buffer tries again when it is closed.
    raw.write = len


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_reader_that_went_away_is_left_to_the_caller(fmt):
    sink = writer(fmt, GETJOB, out=Failing(errno.EPIPE))
    with pytest.raises(BrokenPipeError):
        write_one(sink)


def test_raw_writes_the_picked_columns_as_they_are():
    assert raw_written("raw", GETJOB, JOBS[:1], columns=["id"]) == ID.encode()
    assert raw_written("raw", GETJOB, JOBS[1:], columns=["body_base64"]) == b'a,"b"\n\\\xff'
    assert raw_written("raw", SHOW, [{**SHOWN, "queue": b"\x1b\xff"}], columns=["queue"]) == b"\x1b\xff"


def test_raw_ends_the_last_item_before_a_pause_with_picked_columns_too():
    out = io.BytesIO()
    sink = writer("raw", GETJOB, out=out, columns=["id"])
    sink.write(JOBS[0])
    sink.pause()
    assert out.getvalue() == f"{ID}\n".encode()


def test_raw_ends_the_last_item_before_a_pause_with_other_forms_of_bodies_too():
    out = io.BytesIO()
    sink = BodyWriter(writer("raw", GETJOB, out=out), bytes.upper)
    sink.write(JOBS[0])
    sink.pause()
    assert out.getvalue() == b"HELLO\n"


HEAVY = {"typing", "dataclasses", "enum", "collections", "functools", "re", "json", "csv", "base64", "rich"}


def loaded_by(fmt, shape, record):
    """The modules that writing this record has loaded, in a process of its own without site's hooks."""
    code = f"""
import io, sys
from disquectl.render.output import writer
from disquectl.spec.shape import Shape
sink = writer({fmt!r}, Shape({shape.fields!r}, {shape.layout!r}, many={shape.many}), out=io.BytesIO())
sink.write({record!r})
sink.finish()
print(*sys.modules)
"""
    import rich

    path = os.pathsep.join(str(Path(module.__file__).parent.parent) for module in (disquectl, rich))
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("fmt", ["plain", "tsv", "json", "jsonl", "csv", "raw"])
@pytest.mark.parametrize(("shape", "record"), [(GETJOB, JOBS[1]), (INFO, SECTIONS_OF_INFO)])
def test_a_format_for_scripts_loads_no_library(fmt, shape, record):
    loaded = loaded_by(fmt, shape, record)
    assert not loaded & HEAVY
    own = {name.rpartition(".")[2] for name in loaded if name.startswith("disquectl.render.")}
    modules = {"tsv": {"plain", "rows"}, "csv": {"csv", "rows"}, "jsonl": {"json"}}.get(fmt, {fmt})
    assert own - {"reply"} == {"output", "flatten", "stream", "escape"} | modules


def test_a_single_value_on_a_terminal_loads_no_rich():
    assert not loaded_by("table", QLEN, {"queue": b"q", "length": 3}) & HEAVY


def test_a_table_that_folds_loads_rich():
    assert "rich" in loaded_by("table", SHOW, {"queue": b"q", "ttl": 3})


def test_a_list_loads_no_rich():
    assert not loaded_by("table", QLENS, {"queue": b"q", "length": 3}) & HEAVY
