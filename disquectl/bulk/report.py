"""Reports what became of jobs: records on stdout as they are done, problems and the summary on stderr.

A table shows the summary alone, unless the jobs were named. Errors are in the records of JSON; elsewhere they
are on stderr.
"""

from __future__ import annotations

from disquectl.bulk.progress import Progress
from disquectl.bulk.summary import DONE, DOUBLED, GONE, LEFT, PENDING, SKIPPED, UNKNOWN, Summary
from disquectl.errors import DataError
from disquectl.protocol.columns import Column, Columns, Same, column
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from disquectl.bulk.summary import DoneJobs, JobResult
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.spec.shape import Shape

# Jobs that were left and are named on stderr; those that may exist twice are all named.
MOST_NAMED = 20


class Report:
    """Takes results batch by batch.

    Jobs that were left or gone are counted at the end: a later pass may find them again and succeed.
    broken  why the output could not be written, or None
    """

    def __init__(self, shape: Shape, session: Session) -> None:
        self.summary = Summary()
        self.session = session
        self.broken: BrokenPipeError | DataError | None = None
        self._fields = shape.fields
        self._has_summary = bool(shape.listed_as)
        # Jobs that were named are listed in a table, too; for those of a selection, the summary is enough.
        is_listed = session.format != "table" or not shape.listed_as
        self._out = session.writer(shape) if is_listed else None
        self._named = (DOUBLED, UNKNOWN) if shape.listed_as else (DOUBLED, UNKNOWN, PENDING)
        self._writes_errors = session.format in ("json", "jsonl")
        self._progress = Progress(session.streams, not session.settings.quiet)
        self._open: dict[bytes, JobResult] = {}

    def add(self, results: list[JobResult]) -> None:
        """Count the results of a batch, and write their records."""
        for one in results:
            if one.kind in (LEFT, GONE):
                self._open[one.job_id] = one
            elif self._open:
                self._open.pop(one.job_id, None)
        self._write([one for one in results if one.kind not in (LEFT, GONE)])

    def add_done(self, done: DoneJobs) -> None:
        """Count jobs that were done, and write their records."""
        for job_id in done.job_ids if self._open else ():
            self._open.pop(job_id, None)
        count = len(done.job_ids)
        self.summary.add(DONE, count=count)
        ids = Column(_texts(done.job_ids), {str})
        self._put(Columns(("id", "queue"), [ids, Same([done.queue], count)]))

    def progress(self, share: float | None) -> None:
        """Draw the progress line; `share` of the jobs that this pass acts on."""
        self._progress.update(self.summary.matched + len(self._open), 0, share)

    def problem(self, text: str) -> None:
        """Report a problem on stderr."""
        self._progress.clear()
        self.session.problem(text)

    def stopping(self) -> None:
        """Say that a signal has asked to stop."""
        self.problem("stopping: waiting for replies in flight (press Ctrl-C again not to wait)")

    def finish(self, *, skip_empty: bool = False) -> None:
        """Report the jobs that were left, and end the output.

        `skip_empty`: write nothing if there are no results.
        """
        self._progress.clear()
        left = [one for one in self._open.values() if one.kind == LEFT]
        for one in left[:MOST_NAMED]:
            self._name(one)
        if len(left) > MOST_NAMED:
            self.problem(f"... {counted(len(left) - MOST_NAMED, 'more job')} left")
        self._write([*self._open.values()])
        if self._out is None or self.broken is not None or (skip_empty and not self.summary.matched):
            return
        try:
            if self._has_summary:
                self._out.summarize(self.summary.record())
            self._out.finish()
        except (BrokenPipeError, DataError) as problem:
            self.broken = problem

    def _write(self, results: list[JobResult]) -> None:
        if all(one.kind == DONE for one in results):
            self.summary.add(DONE, count=len(results))
            self._put(_columns(results, self._fields))
            return
        records: list[dict[str, Any]] = []
        for one in results:
            self.summary.add(one.kind, one.reason)
            if one.kind == DONE or (self._writes_errors and one.kind not in (GONE, SKIPPED)):
                records.append(self._record(one))
            if one.kind in self._named:
                self._name(one)
        self._put(records)

    def _put(self, records: Records) -> None:
        if self._out is None or self.broken is not None or not records:
            return
        try:
            self._out.write_all(records)
            self._out.flush()
        except (BrokenPipeError, DataError) as problem:
            self.broken = problem

    def _record(self, one: JobResult) -> dict[str, Any]:
        values = {"id": one.job_id, "new_id": one.new_id, "queue": one.queue, "to": one.to}
        record = {
            name: _text(value) if name in ("id", "new_id") else value
            for name, value in values.items()
            if name in self._fields
        }
        if one.kind != DONE:
            record["error"] = one.reason or one.kind
        return record

    def _name(self, one: JobResult) -> None:
        """Name a job on stderr that was not done."""
        new_id = f" (its copy is {_text(one.new_id)})" if one.new_id is not None else ""
        self.problem(f"{_text(one.job_id)}: {one.kind}: {one.reason}{new_id}")


def _columns(results: list[JobResult], fields: tuple[str, ...]) -> Columns:
    """The records of jobs that were done, field by field, which is quicker to write."""
    values: dict[str, list[Any]] = {
        "id": [_text(one.job_id) for one in results],
        "new_id": [_text(one.new_id) for one in results],
        "queue": [one.queue for one in results],
        "to": [one.to for one in results],
    }
    return Columns(fields, [column(values[name]) for name in fields])


def _texts(job_ids: list[bytes]) -> list[str]:
    """The same as _text of each, in less time."""
    try:
        return list(map(bytes.decode, job_ids))
    except UnicodeDecodeError:
        return [job_id.decode("utf-8", "backslashreplace") for job_id in job_ids]


def _text(job_id: bytes | None) -> str | None:
    return None if job_id is None else job_id.decode("utf-8", "backslashreplace")
