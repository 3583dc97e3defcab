"""The report of a run: records as jobs are done, jobs that were left at the end, and the summary."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from disquectl.bulk.report import MOST_NAMED, Report
from disquectl.bulk.summary import DoneJobs, JobResult
from disquectl.errors import DataError
from disquectl.execution.streams import Streams
from disquectl.render.output import writer
from disquectl.spec.acting import DONE_JOBS
from disquectl.spec.shape import RECORDS, Shape

COPIES = Shape(("id", "new_id", "queue", "to"), RECORDS, many=True, kinds={"id": "id"}, listed_as="jobs")


class Asker:
    """A session that writes in this format, and keeps the problems that are reported."""

    def __init__(self, fmt="jsonl", out=None):
        self.format = fmt
        self.out = out or io.BytesIO()
        self.problems = []
        self.streams = Streams(io.BytesIO(), io.BytesIO(), io.BytesIO())
        self.settings = SimpleNamespace(quiet=False)

    def writer(self, shape):
        return writer(self.format, shape, out=self.out)

    def problem(self, text):
        self.problems.append(text)

    @property
    def text(self):
        return self.out.getvalue().decode()


def job_id(number):
    return b"D-%040d" % number


def result(number, kind="done", reason="", **more):
    return JobResult(job_id(number), b"q", kind, reason, **more)


def reported(asker, *batches, shape=DONE_JOBS):
    report = Report(shape, asker)
    for batch in batches:
        report.add(list(batch))
    report.finish()
    return report


def records_of(asker):
    lines = [json.loads(line) for line in asker.text.splitlines()]
    return lines[:-1], lines[-1]["summary"]


def test_jobs_that_were_done_are_written_at_once():
    asker = Asker("plain")
    report = Report(DONE_JOBS, asker)
    report.add([result(1), result(2)])
    assert [line.split("\t")[0] for line in asker.text.splitlines()] == [f"D-{n:040}" for n in (1, 2)]
    report.add([])
    report.add([result(3)])
    report.finish()
    assert len(asker.text.splitlines()) == 3
    assert not asker.problems


@pytest.mark.parametrize("fmt", ["plain", "csv", "tsv", "raw", "json", "jsonl", "table"])
def test_many_jobs_that_were_done_are_reported_as_each_of_them_would_be(fmt):
    ids = [job_id(1), b"D-\xff", b"D-\t%s"]
    askers = Asker(fmt), Asker(fmt)
    reports = [Report(DONE_JOBS, asker) for asker in askers]
    for report in reports:
        report.add([JobResult(ids[0], b"q%", "left", "refused")])
    reports[0].add([JobResult(one, b"q%", "done") for one in ids])
    reports[1].add_done(DoneJobs(ids, b"q%"))
    for report in reports:
        report.finish()
    assert reports[0].summary.record() == reports[1].summary.record()
    assert askers[0].text == askers[1].text
    assert (askers[0].text == "") is (fmt == "table")


def test_a_job_that_was_left_and_done_in_a_later_pass_was_done():
    asker = Asker()
    report = reported(
        asker,
        [result(1), result(2, "left", "it died"), result(3, "left", "it died"), result(4, "gone")],
        [result(2), result(4), result(3, "left", "again")],
    )
    records, summary = records_of(asker)
    assert [(one["id"][-1], one.get("error")) for one in records] == [
        ("1", None),
        ("2", None),
        ("4", None),
        ("3", "again"),
    ]
    assert (summary["matched"], summary["done"], summary["gone"], summary["left"]) == (4, 3, 0, 1)
    assert summary == report.summary.record()
    assert summary["left_reasons"] == {"again": 1}
    assert asker.problems == [f"D-{3:040}: left: again"]


def test_jobs_that_are_gone_or_skipped_are_counted_alone():
    asker = Asker()
    reported(asker, [result(1, "gone"), result(2, "skipped", "expired")])
    records, summary = records_of(asker)
    assert (records, asker.problems) == ([], [])
    assert (summary["gone"], summary["skipped_reasons"]) == (1, {"expired": 1})


def test_jobs_that_may_exist_twice_are_all_named_with_both_ids():
    asker = Asker("plain")
    both = [result(n, "doubled", "delivered", new_id=b"D-new") for n in range(MOST_NAMED + 5)]
    reported(asker, both, [result(99, "unknown", "no answer")], shape=COPIES)
    assert len(asker.problems) == MOST_NAMED + 6
    assert asker.problems[0] == f"D-{0:040}: doubled: delivered (its copy is D-new)"
    assert asker.problems[-1] == f"D-{99:040}: unknown: no answer"
    assert asker.text == ""


def test_some_of_many_jobs_that_were_left_are_named():
    asker = Asker("plain")
    reported(asker, [result(n, "left", "it died") for n in range(MOST_NAMED + 1200)])
    assert len(asker.problems) == MOST_NAMED + 1
    assert asker.problems[-1] == "... 1,200 more jobs left"


def test_the_record_of_a_copy_has_its_new_id_or_null():
    asker = Asker()
    reported(
        asker,
        [result(1, new_id=b"D-x", to=b"r"), result(2, new_id=b"D-y", to=b"\xff")],
        [result(3, "unknown", "no answer", to=b"r"), result(4, new_id=b"D-z", to=b"r")],
        shape=COPIES,
    )
    records, _ = records_of(asker)
    assert records == [
        {"id": f"D-{1:040}", "new_id": "D-x", "queue": "q", "to": "r"},
        {"id": f"D-{2:040}", "new_id": "D-y", "queue": "q", "to_base64": "/w=="},
        {"id": f"D-{3:040}", "new_id": None, "queue": "q", "to": "r", "error": "no answer"},
        {"id": f"D-{4:040}", "new_id": "D-z", "queue": "q", "to": "r"},
    ]


def test_an_id_that_is_not_text_is_shown():
    asker = Asker()
    reported(asker, [JobResult(b"D-\xff", b"q", "done")])
    assert records_of(asker)[0][0]["id"] == "D-\\xff"


@pytest.mark.parametrize("fmt", ["plain", "csv", "tsv", "raw", "json", "jsonl", "table"])
def test_json_alone_has_the_summary_and_the_errors(fmt):
    asker = Asker(fmt)
    reported(asker, [result(1), result(2, "left", "it died")])
    if fmt == "json":
        document = json.loads(asker.text)
        assert document["jobs"][1] == {"id": f"D-{2:040}", "queue": "q", "error": "it died"}
        assert document["summary"]["matched"] == 2
    elif fmt == "jsonl":
        assert records_of(asker)[1]["left"] == 1
    else:
        header = fmt in ("csv", "tsv")
        assert len(asker.text.splitlines()) == (0 if fmt == "table" else 1 + header)
        assert "it died" not in asker.text
    assert asker.problems == [f"D-{2:040}: left: it died"]


class Lost(io.BytesIO):
    """A stream that takes nothing."""

    def __init__(self, problem):
        super().__init__()
        self.problem = problem

    def write(self, data):
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "broken"),
    [(BrokenPipeError(), BrokenPipeError), (OSError(28, "No space left on device"), DataError)],
)
def test_output_that_is_lost_is_kept_and_the_counting_goes_on(problem, broken):
    report = reported(Asker("plain", Lost(problem)), [result(1)], [result(2), result(3, "left", "it died")])
    assert isinstance(report.broken, broken)
    assert report.summary.matched == 3
