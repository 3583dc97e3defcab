"""The summary of a list: JSON has a place for it, with and without records and picked columns."""

from __future__ import annotations

import io
import json

import pytest

from disquectl.protocol.columns import Columns, column
from disquectl.render.output import FORMATS, writer
from disquectl.spec.shape import RECORDS, Shape

JOBS = Shape(("id", "queue"), RECORDS, many=True, kinds={"id": "id"}, listed_as="jobs")
RECORD = {"id": "D-1", "queue": b"\xff"}


def written(fmt, records, summary=None, shape=JOBS, **options):
    out = io.BytesIO()
    target = writer(fmt, shape, out=out, **options)
    target.write_all(records)
    if summary is not None:
        target.summarize(summary)
    target.finish()
    return out.getvalue().decode("utf-8", "replace")


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("records", [[], [RECORD], [RECORD] * 3])
def test_one_document_has_the_records_and_the_summary(records, pretty):
    document = json.loads(written("json", records, {"matched": 3, "reasons": {"a": 1}}, pretty=pretty))
    assert document == {
        "jobs": [{"id": "D-1", "queue_base64": "/w=="}] * len(records),
        "summary": {"matched": 3, "reasons": {"a": 1}},
    }


def test_records_by_column_come_before_it_too():
    columns = Columns(("id", "queue"), [column(["D-1", "D-2"]), column([b"a", b"b"])])
    assert written("json", columns, {"matched": 2}) == (
        '{"jobs":[{"id":"D-1","queue":"a"},{"id":"D-2","queue":"b"}],"summary":{"matched":2}}\n'
    )


def test_json_lines_end_with_it():
    assert written("jsonl", [RECORD], {"matched": 1}).splitlines() == [
        '{"id":"D-1","queue_base64":"/w=="}',
        '{"summary":{"matched":1}}',
    ]


@pytest.mark.parametrize("fmt", ["json", "jsonl"])
def test_picked_columns_keep_it(fmt):
    text = written(fmt, [RECORD], {"matched": 1}, columns=["id"])
    assert '{"id":"D-1"}' in text
    assert '{"matched":1}' in text
    assert "base64" not in text


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if not fmt.startswith("json")])
@pytest.mark.parametrize("columns", [None, ["id"]])
def test_other_formats_have_the_records_alone(fmt, columns):
    with_summary = written(fmt, [RECORD], {"matched": 1}, columns=columns)
    assert with_summary == written(fmt, [RECORD], columns=columns)
    assert "matched" not in with_summary


def test_a_list_without_a_name_is_an_array():
    plain = Shape(("id", "queue"), RECORDS, many=True)
    assert written("json", [RECORD], shape=plain) == '[{"id":"D-1","queue_base64":"/w=="}]\n'
