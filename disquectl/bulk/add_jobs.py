"""addjob --lines, --null, --jsonl: adds jobs from a stream, many in flight; IDs in the order of the input.

It connects the parts: source -> batcher -> stream -> outcomes and output. What ends a run early (Ctrl-C, a
reader that has gone, a full disk, --fail-fast) stops the batcher; replies in flight are still waited for, so
that the outcome of each line is known.
"""

from __future__ import annotations

from disquectl.bulk.batches import Batcher, BodyLines
from disquectl.bulk.outcomes import LineOutcomes
from disquectl.bulk.progress import Progress
from disquectl.bulk.source import open_source
from disquectl.bulk.template import Template
from disquectl.client.identity import RedisWithModule
from disquectl.client.resending import leaves_open
from disquectl.client.stream import Stream
from disquectl.errors import DataError, DisquectlError, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.execution.signals import Stop
from disquectl.protocol.columns import Column, Columns
from disquectl.protocol.shapes import unexpected
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from disquectl.bulk.batches import Reader
    from disquectl.bulk.source import Source
    from disquectl.client.pipelined_connection import Batch, Outcome
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values

SHAPE = Shape(("id",), RECORDS, many=True, value="id")
# Requests in a batch. An ADDJOB that waits for its replicas blocks its connection, so it takes many
# connections with small batches to keep the nodes busy.
BATCH_ON_ONE, BATCH_ON_MANY = 256, 16
DEFAULT_CONNECTIONS = 32


def run(command: Command, values: Values, session: Session, timeout_ms: int) -> None:
    """Add the jobs. If not all were added, raises an error whose message has the counts."""
    session.check_output(SHAPE)
    session.guard(command, [*command.grammar.verb])
    separator = b"\0" if values.get("null") else b"\n"
    utf8 = "jsonl" in values
    with open_source(values.get("file"), session.streams.stdin, separator, utf8) as source:
        _add(command, values, session, timeout_ms, source)


def _add(command: Command, values: Values, session: Session, timeout_ms: int, source: Source) -> None:
    alone = _is_lone(session) and "replicate" not in values
    in_order = alone or values.get("replicate") == 1 or bool(values.get("async"))
    connections = 1 if in_order else values.get("connections", DEFAULT_CONNECTIONS)
    outcomes = LineOutcomes(values.get("skip", 0))
    reader = _reader(command, values, session, timeout_ms, in_order)
    batcher = Batcher(
        reader,
        outcomes,
        BATCH_ON_ONE if connections == 1 else BATCH_ON_MANY,
        in_order,
        values.get("skip", 0),
    )
    run = _Run(session, source, batcher, outcomes, fail_fast=bool(values.get("fail_fast")))
    # A line of JSON may have its own REPLICATE.
    waits = not in_order or "jsonl" in values
    wait_ms = (timeout_ms or None) if waits else 0
    with Stream(session.client, connections=connections, wait_ms=wait_ms, go_on=True) as stream:
        run.carry_out(stream)
    if reader.overruled > 1:
        session.warn(f"{reader.overruled} lines name another queue")
    run.report_the_end(stream.failure)


def _is_lone(session: Session) -> bool:
    """Whether the node knows no other, so that nothing waits for replicas. Raises NotDisque."""
    try:
        return len(session.client.verify()["nodes"]) == 1
    except RedisWithModule:
        return False


def _reader(command: Command, values: Values, session: Session, timeout_ms: int, in_order: bool) -> Reader:
    if values.get("jsonl"):
        from disquectl.bulk.jsonl import JobLines

        return JobLines(
            values.get("queue"),
            timeout_ms,
            values,
            in_order=in_order,
            line_wins=bool(values.get("queue_from_line")),
            warn=session.warn,
        )
    template = Template(values["queue"], timeout_ms, command.grammar.option_words(values))
    return BodyLines(template, in_order, bool(values.get("keep_empty")))


class _Run:
    """One run: the input, a stream of requests, and the output."""

    def __init__(
        self, session: Session, source: Source, batcher: Batcher, outcomes: LineOutcomes, *, fail_fast: bool
    ) -> None:
        self._session = session
        self._source = source
        self._batcher = batcher
        self._outcomes = outcomes
        self._fail_fast = fail_fast
        self._progress = Progress(session.streams, not session.settings.quiet)
        self._out = session.line_writer(SHAPE)
        self._writes_errors = session.format in ("json", "jsonl")
        self._broken_output: OSError | DataError | None = None
        self._first_refusal: ReplyError | None = None
        self._stop = Stop(self._report_draining)

    def carry_out(self, stream: Stream) -> None:
        """Send and write until the input ends or something stops it."""
        with self._stop as stop:
            try:
                for batch in stream.run(self._batches(), (self._source.fd, stop.fd)):
                    batch.outcomes = _all_checked(batch.outcomes)
                    self._account(batch)
                    self._write(batch)
                    self._show_progress()
            except KeyboardInterrupt:
                # The second signal: the outcomes of the lines in flight stay unknown.
                for number in range(self._outcomes.last + 1, self._batcher.number + 1):
                    self._outcomes.note_unknown(number)
            self._progress.clear()
        self._finish()

    def _batches(self) -> Iterator[Batch | None]:
        for lines in self._source.chunks():
            if lines is None:
                yield None
            for batch in self._batcher.batches(lines or []):
                if self._stop.asked:
                    return
                is_refused = bool(batch.outcomes)
                yield batch
                if is_refused and self._fail_fast:
                    return
            if self._stop.asked:
                return

    def _account(self, batch: Batch) -> None:
        numbers: Sequence[int] = batch.tag  # type: ignore[assignment]  # put there by the batcher
        results = batch.outcomes
        if len(results) == len(numbers) and set(map(type, results)) == {bytes}:
            self._outcomes.all_added(numbers)
            return
        for number, outcome in zip(numbers, results, strict=False):
            self._account_one(number, outcome)
        self._outcomes.note_unsent(numbers[len(results) :])

    def _account_one(self, number: int, outcome: Outcome) -> None:
        if isinstance(outcome, bytes):
            self._outcomes.note_added(number)
            return
        if isinstance(outcome, OutcomeUnknown) or (isinstance(outcome, ReplyError) and leaves_open(outcome)):
            self._outcomes.note_unknown(number)
            self._problem(f"line {number}: outcome unknown: {outcome.message}")
            return
        assert isinstance(outcome, ReplyError)
        self._outcomes.note_refused(number)
        self._first_refusal = self._first_refusal or outcome
        self._problem(f"line {number}: {outcome.message}")
        if self._fail_fast:
            self._stop.asked = True

    def _write(self, batch: Batch) -> None:
        """Write the IDs, and in JSON the errors of other lines; a failure stops the run, and is kept."""
        numbers: Sequence[int] = batch.tag  # type: ignore[assignment]  # as above
        if self._broken_output is None:
            try:
                ids = _ids(batch.outcomes)
                if ids is None:
                    self._out.write_all(self._records(numbers, batch.outcomes))
                else:
                    self._out.write_all(Columns(("id",), [Column(ids)]))
                self._out.flush()
                return
            except (BrokenPipeError, DataError) as problem:
                self._broken_output = problem
                self._stop.asked = True
        for number, outcome in zip(numbers, batch.outcomes, strict=False):
            if isinstance(outcome, bytes):
                self._outcomes.unwritten.add(number)

    def _records(self, numbers: Sequence[int], outcomes: list[Outcome]) -> list[dict[str, int | str]]:
        return [
            {"id": outcome.decode("utf-8", "backslashreplace")}
            if isinstance(outcome, bytes)
            else {"line": number, "error": outcome.message}
            for number, outcome in zip(numbers, outcomes, strict=False)
            if isinstance(outcome, bytes) or (self._writes_errors and isinstance(outcome, DisquectlError))
        ]

    def _finish(self) -> None:
        if self._broken_output is None:
            try:
                self._out.finish()
            except (BrokenPipeError, DataError) as problem:
                self._broken_output = problem

    def _show_progress(self) -> None:
        total = self._source.total_bytes
        share = min(self._source.bytes_read / total, 1.0) if total else None
        self._progress.update(self._outcomes.settled, self._outcomes.refused, share)

    def _problem(self, text: str) -> None:
        self._progress.clear()
        self._session.problem(text)

    def _report_draining(self) -> None:
        self._problem("stopping: waiting for replies in flight (press Ctrl-C again not to wait)")

    def report_the_end(self, failure: DisquectlError | None) -> None:
        """Raise what the run ends with; nothing when all is done."""
        outcomes = self._outcomes
        stopped = self._stop.asked or failure is not None
        summary = outcomes.resume_summary() if stopped else outcomes.summary()
        if self._stop.interrupted:
            self._session.problem(summary)
            raise KeyboardInterrupt
        if isinstance(self._broken_output, DataError):
            raise DataError(f"{self._broken_output.message}; {summary}")
        if failure is not None and not outcomes.settled:
            raise failure
        if failure is not None:
            self._session.problem(failure.message)
        if outcomes.unknown.count:
            raise OutcomeUnknown(summary, "those jobs may exist: check before adding them again")
        if failure is not None or self._broken_output is not None:
            raise PartlyDone(summary)
        if outcomes.refused and not outcomes.added:
            assert self._first_refusal is not None
            code = self._first_refusal.code
            raise self._session.explained(ReplyError(f"{code} {summary}"), [b"ADDJOB"])
        if outcomes.refused:
            raise PartlyDone(summary)


def _all_checked(outcomes: list[Outcome]) -> list[Outcome]:
    """The same outcomes, with OutcomeUnknown in place of replies that are neither an ID nor an error."""
    return outcomes if all(map(_is_id, outcomes)) else list(map(_checked, outcomes))


def _is_id(outcome: Outcome) -> bool:
    return isinstance(outcome, bytes) and outcome[:2] == b"D-" and outcome.isascii()


def _checked(outcome: Outcome) -> Outcome:
    if _is_id(outcome) or isinstance(outcome, (ReplyError, OutcomeUnknown)):
        return outcome
    problem = unexpected("ADDJOB", outcome)
    assert isinstance(problem, OutcomeUnknown)
    return problem


def _ids(outcomes: list[Outcome]) -> list[str] | None:
    """The job IDs if all outcomes are IDs, which is the common case; else None."""
    try:
        return list(map(bytes.decode, outcomes))  # type: ignore[arg-type]  # anything but bytes raises
    except (TypeError, UnicodeDecodeError):
        return None
