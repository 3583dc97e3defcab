"""load: adds the jobs of a dump again, many in flight.

The parts: source -> batches, each line with its plan -> stream -> outcomes and output.
"""

from __future__ import annotations

import os
import stat

from disquectl.bulk.add_stream import BATCH_ON_MANY, BATCH_ON_ONE, DEFAULT_CONNECTIONS, AddingRun
from disquectl.bulk.dumped_job import queue_of_line
from disquectl.bulk.known_jobs import KnownJobs
from disquectl.bulk.load_batches import LoadBatcher
from disquectl.bulk.load_outcomes import LoadOutcomes, preview_record, record_of, text_of
from disquectl.bulk.load_plan import LoadPlan
from disquectl.bulk.load_survey import Survey
from disquectl.bulk.progress import Progress
from disquectl.bulk.rate_limit import RateLimit
from disquectl.bulk.source import open_source
from disquectl.bulk.summary import DONE, LEFT, SKIPPED, UNKNOWN, Summary
from disquectl.client.stream import Stream
from disquectl.errors import DataError, DisquectlError, OutcomeUnknown, PartlyDone, ReplyError, UsageError
from disquectl.execution.selecting import selection_of
from disquectl.fanout.scan_all import NoGarbageCollection
from disquectl.merge.nodes import possible_replicas
from disquectl.protocol.columns import Column, Columns, column
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, MAX_REPLICAS
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.bulk.load_plan import PlannedLine
    from disquectl.bulk.source import Source
    from disquectl.client.pipelined_connection import Batch
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.render.stream import Writer
    from disquectl.spec.parameters import Values
    from disquectl.spec.selection import Selection
    from disquectl.spec.shape import Shape

STDIN = "-"
DEED = "adds all jobs of the file that are selected"
SILENT_NOTE = "nodes did not answer: a job that only they have may have been added again"


def load(values: Values, shape: Shape, session: Session) -> None:
    """Read the file, ask, add the jobs, and report.

    Raises PartlyDone, OutcomeUnknown, ReplyError, DataError as the summary demands, and Declined.
    """
    session.check_output(shape)
    path: str = values["file"]
    dry_run = "dry_run" in values
    if not dry_run:
        if session.settings.read_only:
            raise UsageError("load can change the cluster, and this is read-only")
        if not session.answered:
            session.check_can_ask("load", DEED)
    if (not session.answered and not dry_run) or values.keys() & {"limit"}:
        _require_a_regular_file(path, session, "limit" in values)
    selection = selection_of(values, session, stdin_is_for="FILE" if path == STDIN else "")
    plan = LoadPlan(values, selection, DEFAULT_TIMEOUT_MS)
    if selection.queues.open:
        selection.queues.settle(_names_in_file(path, selection, session))
    greeting = session.client.verify_any()
    plan.most_replicas = possible_replicas(greeting, MAX_REPLICAS)
    if "limit" in values or not (dry_run or session.answered):
        progress = Progress(session.streams, not session.settings.quiet)
        with _open(path, session) as source:
            survey = Survey(source, plan, selection, values.get("skip", 0), progress)
        if survey.counts and not dry_run and not session.answered:
            session.ask_of_cluster(survey.question(path, values.get("to")))
    with _open(path, session) as source, KnownJobs(session, values) as known:
        if plan.most_replicas > 1 and "replicate" not in values:
            plan.limit_replicas(possible_replicas(greeting, MAX_REPLICAS, known.silent_ids()))
        loading = _Loading(plan, known, values, session)
        if dry_run:
            loading.preview(source, session.writer(shape))
        else:
            loading.carry_out(source, shape)


def _open(path: str, session: Session) -> Source:
    return open_source(None if path == STDIN else path, session.streams.stdin, utf8=True, gzip=True)


def _require_a_regular_file(path: str, session: Session, has_limit: bool) -> None:
    """Refuse an input that cannot be read twice: once to count, and once to add."""
    try:
        if path != STDIN and stat.S_ISREG(os.stat(path).st_mode):
            return
    except OSError as problem:
        raise DataError(f"cannot read {path}: {problem.strerror}") from None
    name = "standard input" if path == STDIN else path
    if has_limit:
        raise UsageError(f"--limit needs a file that can be read twice, not {name}")
    option = f"--yes-really {session.settings.profile}" if session.settings.protected else "--yes"
    raise UsageError(f"{name} can be read only once, so load cannot count its jobs and ask: pass {option}")


def _names_in_file(path: str, selection: Selection, session: Session) -> set[bytes]:
    """Those of the open QUEUE words that are queues of the file; none of an input that is read only once."""
    if path == STDIN or not os.path.isfile(path):
        return set()
    found: set[bytes] = set()
    with _open(path, session) as source:
        for lines in source.chunks():
            for line in lines or []:
                found |= selection.queues.open & {queue_of_line(line or b"")}
    return found


class _Loading:
    """What both ways of a run need: to list the jobs, and to add them."""

    def __init__(self, plan: LoadPlan, known: KnownJobs, values: Values, session: Session) -> None:
        self._plan = plan
        self._known = known
        self._values = values
        self._session = session
        self._skip: int = values.get("skip", 0)

    def _batcher(self, size: int, in_order: bool) -> LoadBatcher:
        look = None if "even_if_present" in self._values else self._known.of
        return LoadBatcher(
            self._plan,
            look,
            size=size,
            in_order=in_order,
            skip=self._skip,
            ends_at_left="fail_fast" in self._values,
        )

    def preview(self, source: Source, out: Writer) -> None:
        """List the jobs that would be added, and say what would become of the other lines."""
        batcher, session = self._batcher(BATCH_ON_ONE, False), self._session
        summary, count = Summary(), 0
        for lines in source.chunks():
            for line in batcher.planned(lines or []):
                if line.kind is None:
                    count += 1
                    out.write(preview_record(line))
                elif line.kind in (SKIPPED, LEFT):
                    summary.add(line.kind, line.reason)
                    if line.kind == LEFT:
                        session.problem(f"line {line.number}: {line.message}")
        out.summarize({"matched": count + summary.matched})
        out.finish()
        others = [summary.part(kind) for kind in (SKIPPED, LEFT) if summary.counts[kind]]
        added = counted(count, "job")
        session.note(f"load: {', '.join([f'{added} would be added', *others])}")
        for problem in self._known.silent():
            session.problem(problem)
        if self._known.silent():
            raise PartlyDone("nodes did not answer: jobs that only they have are listed, too")
        if summary.counts[LEFT]:
            raise PartlyDone("some lines are not jobs")

    def carry_out(self, source: Source, shape: Shape) -> None:
        """Add the jobs, and raise what the run ends with."""
        values, session, plan = self._values, self._session, self._plan
        one = plan.most_replicas == 1 and "replicate" not in values
        in_order = one or values.get("replicate") == 1 or "async" in values
        connections: int = 1 if in_order else values.get("connections", DEFAULT_CONNECTIONS)
        rate_limit = RateLimit(values.get("rate"))
        size = rate_limit.batch_size(BATCH_ON_ONE if connections == 1 else BATCH_ON_MANY)
        outcomes = LoadOutcomes(self._skip)
        batcher = self._batcher(size, connections == 1)
        run = _Run(
            session,
            source,
            batcher,
            plan=plan,
            outcomes=outcomes,
            shape=shape,
            rate_limit=rate_limit,
            fail_fast="fail_fast" in values,
        )
        with (
            Stream(session.client, connections=connections, wait_ms=DEFAULT_TIMEOUT_MS, go_on=True) as stream,
            NoGarbageCollection(),
        ):
            run.carry_out(stream)
        if plan.was_reduced:
            most = counted(plan.most_replicas, "replica")
            session.note(f"jobs have at most {most}: the cluster can hold no more now")
        run.report_the_end(stream.failure, self._known.silent())


class _Run(AddingRun):
    """Notes the outcomes of lines, and writes the record of each job that was added."""

    def __init__(
        self,
        session: Session,
        source: Source,
        batcher: LoadBatcher,
        *,
        plan: LoadPlan,
        outcomes: LoadOutcomes,
        shape: Shape,
        rate_limit: RateLimit,
        fail_fast: bool,
    ) -> None:
        out = None if session.format == "table" else session.writer(shape)
        super().__init__(session, source, batcher, out, fail_fast=fail_fast, rate_limit=rate_limit)
        self._plan = plan
        self._outcomes = outcomes
        self._shape = shape
        self._writes_errors = session.format in ("json", "jsonl")

    def has_refusal(self, batch: Batch) -> bool:
        """Whether a line is not a job."""
        return any(line.kind == LEFT for line in _lines(batch))

    def account(self, batch: Batch) -> None:
        """Note what became of each line, and report those that were not added."""
        for line in self._outcomes.add(_lines(batch), batch.outcomes):
            if line.message.startswith("NOREPL "):
                self._plan.limit_replicas(line.addition.replicas - 1)
            name = f"line {line.number}: "
            if line.kind == LEFT:
                self.refused(name + line.message)
            else:
                self.problem(f"{name}{text_of(line.job_id)}: outcome unknown: {line.message}")

    def records(self, batch: Batch) -> Records:
        """Those of jobs that were added; in JSON also of those that were left, or are unknown."""
        lines = _lines(batch)
        if len(batch.outcomes) == len(lines):
            done = [line for line in lines if line.kind == DONE]
            if len(done) == len(lines):
                return _columns(done)
        written = (DONE, LEFT, UNKNOWN) if self._writes_errors else (DONE,)
        return [record_of(line) for line in lines if line.kind in written]

    def note_unwritten(self, batch: Batch) -> None:
        """Note the jobs whose records were not written."""
        self._outcomes.note_unwritten(_lines(batch))

    def note_abandoned(self, last: int) -> None:
        """Note the lines in flight as unknown."""
        self._outcomes.abandon(last)

    def counts(self) -> tuple[int, int]:
        """Lines with an outcome, and those that were left."""
        summary = self._outcomes.summary
        return summary.matched, summary.counts[LEFT]

    def summarize(self, out: Writer) -> None:
        """Give JSON the summary."""
        self._outcomes.end()
        out.summarize(self._outcomes.record())

    def report_the_end(self, failure: DisquectlError | None, silent: list[str]) -> None:
        """Say what was done; raise what the run ends with."""
        failure = failure or self.broken_input
        summary = self._outcomes.summary
        text = f"load: {self._outcomes.text(self.was_stopped or failure is not None)}"
        if failure is not None and not summary.matched and not self.was_interrupted:
            raise failure
        for line in silent:
            self.session.problem(line)
        if silent:
            self.session.problem(SILENT_NOTE)
        if self.was_interrupted:
            self.session.problem(text)
            raise KeyboardInterrupt
        for problem in (self.broken_output, failure):
            if isinstance(problem, DataError):
                raise DataError(f"{problem.message}; {text}")
        if failure is not None:
            self.session.problem(failure.message)
        is_complete = not silent and failure is None and self.broken_output is None
        error = summary.error(is_complete=is_complete)
        if isinstance(error, OutcomeUnknown):
            raise OutcomeUnknown(text, "those jobs may exist: check before adding them again")
        if error is not None:
            raise self._with_text(error, text)
        self.session.note(text if summary.matched else self._shape.empty)

    def _with_text(self, error: DisquectlError, text: str) -> DisquectlError:
        if isinstance(error, ReplyError) and self._outcomes.refusal is not None:
            return self.session.explained(ReplyError(f"{self._outcomes.refusal} {text}"), [b"ADDJOB"])
        return type(error)(text)


def _lines(batch: Batch) -> list[PlannedLine]:
    return batch.tag  # type: ignore[return-value]  # put there by the batcher


def _columns(lines: list[PlannedLine]) -> Columns:
    """The records of jobs that were added, field by field, which is quicker to write."""
    return Columns(
        ("line", "id", "new_id", "queue"),
        [
            Column([line.number for line in lines]),
            Column([text_of(line.job_id) for line in lines]),
            Column([text_of(line.new_id) for line in lines]),
            column([line.queue for line in lines]),
        ],
    )
