"""addjob --lines, --null, --jsonl: jobs from a stream, many in flight, their IDs in the order of the input.

It puts the parts together: source -> intake -> stream -> ledger and output. What ends a run early (Ctrl-C, a
reader that went away, a full disk, --fail-fast) stops the intake; what is in flight is waited for, so that it
can be said of each line what became of it.
"""

from __future__ import annotations

from disquectl.bulk.batches import Batcher, BodyLines
from disquectl.bulk.outcomes import LineOutcomes
from disquectl.bulk.progress import Progress
from disquectl.bulk.source import open_source
from disquectl.bulk.template import Template
from disquectl.client.identity import RedisWithModule
from disquectl.client.pipeline import Stream
from disquectl.client.resending import leaves_open
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
# One connection carries whole runs of requests. Where each ADDJOB holds up its connection until the copies
# are confirmed, it takes many connections with few requests each to keep the nodes busy.
BATCH_ON_ONE, BATCH_ON_MANY = 256, 16
DEFAULT_CONNECTIONS = 32


def run(command: Command, values: Values, session: Session, timeout_ms: int) -> None:
    """Add the jobs. Ends with an exception where not all of them were added; its message has the counts."""
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
    ledger = LineOutcomes(values.get("skip", 0))
    reader = _reader(command, values, session, timeout_ms, in_order)
    intake = Batcher(
        reader,
        ledger,
        BATCH_ON_ONE if connections == 1 else BATCH_ON_MANY,
        in_order,
        values.get("skip", 0),
    )
    run = _Run(session, source, intake, ledger, fail_fast=bool(values.get("fail_fast")))
    # Lines of JSON may ask for copies by themselves.
    waits = not in_order or "jsonl" in values
    wait_ms = (timeout_ms or None) if waits else 0
    with Stream(session.client, connections=connections, wait_ms=wait_ms, go_on=True) as stream:
        run.carry_out(stream)
    if reader.overruled > 1:
        session.warn(f"{reader.overruled} lines named another queue")
    run.tell_the_end(stream.failure)


def _is_lone(session: Session) -> bool:
    """Whether the node knows no other, so that nothing waits for copies. Raises NotDisque for a stranger."""
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
            tell=session.warn,
        )
    template = Template(values["queue"], timeout_ms, command.grammar.option_words(values))
    return BodyLines(template, in_order, bool(values.get("keep_empty")))


class _Run:
    """One run over the input."""

    def __init__(
        self, session: Session, source: Source, intake: Batcher, ledger: LineOutcomes, *, fail_fast: bool
    ) -> None:
        self._session = session
        self._source = source
        self._intake = intake
        self._ledger = ledger
        self._fail_fast = fail_fast
        self._progress = Progress(session.streams, not session.settings.quiet)
        self._out = session.line_writer(SHAPE)
        self._tells_refused = session.format in ("json", "jsonl")
        self._broken_output: OSError | DataError | None = None
        self._first_refusal: ReplyError | None = None
        self._stop = Stop(self._tell_of_draining)

    def carry_out(self, stream: Stream) -> None:
        """Send and write until the input ends or something stops it."""
        with self._stop as stop:
            try:
                for batch in stream.run(self._batches(), (self._source.fd, stop.fd)):
                    batch.outcomes = _understood(batch.outcomes)
                    self._account(batch)
                    self._write(batch)
                    self._show_progress()
            except KeyboardInterrupt:
                # Asked twice: of what was taken up nothing more can be known.
                for number in range(self._ledger.last + 1, self._intake.number + 1):
                    self._ledger.note_unknown(number)
            self._progress.clear()
        self._finish()

    def _batches(self) -> Iterator[Batch | None]:
        for lines in self._source.chunks():
            if lines is None:
                yield None
            for batch in self._intake.batches(lines or []):
                if self._stop.asked:
                    return
                is_no_job = bool(batch.outcomes)
                yield batch
                if is_no_job and self._fail_fast:
                    return
            if self._stop.asked:
                return

    def _account(self, batch: Batch) -> None:
        numbers: Sequence[int] = batch.tag  # type: ignore[assignment]  # the intake puts it there
        outcomes = batch.outcomes
        if len(outcomes) == len(numbers) and set(map(type, outcomes)) == {bytes}:
            self._ledger.all_added(numbers)
            return
        for number, outcome in zip(numbers, outcomes, strict=False):
            self._account_one(number, outcome)
        self._ledger.note_unsent(numbers[len(outcomes) :])

    def _account_one(self, number: int, outcome: Outcome) -> None:
        if isinstance(outcome, bytes):
            self._ledger.note_added(number)
            return
        if isinstance(outcome, OutcomeUnknown) or (isinstance(outcome, ReplyError) and leaves_open(outcome)):
            self._ledger.note_unknown(number)
            self._problem(f"line {number}: outcome unknown: {outcome.message}")
            return
        assert isinstance(outcome, ReplyError)
        self._ledger.note_refused(number)
        self._first_refusal = self._first_refusal or outcome
        self._problem(f"line {number}: {outcome.message}")
        if self._fail_fast:
            self._stop.asked = True

    def _write(self, batch: Batch) -> None:
        """The IDs, and in JSON what became of the other lines; a failure stops the run, and is kept."""
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
                self._ledger.unwritten.add(number)

    def _records(self, numbers: Sequence[int], outcomes: list[Outcome]) -> list[dict[str, int | str]]:
        return [
            {"id": outcome.decode("utf-8", "backslashreplace")}
            if isinstance(outcome, bytes)
            else {"line": number, "error": outcome.message}
            for number, outcome in zip(numbers, outcomes, strict=False)
            if isinstance(outcome, bytes) or (self._tells_refused and isinstance(outcome, DisquectlError))
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
        self._progress.update(self._ledger.settled, self._ledger.refused, share)

    def _problem(self, text: str) -> None:
        self._progress.clear()
        self._session.problem(text)

    def _tell_of_draining(self) -> None:
        self._problem("stopping: waiting for what is in flight; Ctrl-C again does not wait")

    def tell_the_end(self, failure: DisquectlError | None) -> None:
        """Raise what the run ends with, where it is not simply done."""
        ledger = self._ledger
        stopped = self._stop.asked or failure is not None
        summary = ledger.where_it_stood() if stopped else ledger.summary()
        if self._stop.interrupted:
            self._session.problem(summary)
            raise KeyboardInterrupt
        if isinstance(self._broken_output, DataError):
            raise DataError(f"{self._broken_output.message}; {summary}")
        if failure is not None and not ledger.settled:
            raise failure
        if failure is not None:
            self._session.problem(failure.message)
        if ledger.unknown.count:
            raise OutcomeUnknown(summary, "those jobs may be there: look before you add them again")
        if failure is not None or self._broken_output is not None:
            raise PartlyDone(summary)
        if ledger.refused and not ledger.added:
            assert self._first_refusal is not None
            code = self._first_refusal.code
            raise self._session.explained(ReplyError(f"{code} {summary}"), [b"ADDJOB"])
        if ledger.refused:
            raise PartlyDone(summary)


def _understood(outcomes: list[Outcome]) -> list[Outcome]:
    """The same outcomes, with OutcomeUnknown in the place of what is neither an ID nor an error."""
    return outcomes if all(map(_is_id, outcomes)) else list(map(_understood_one, outcomes))


def _is_id(outcome: Outcome) -> bool:
    return isinstance(outcome, bytes) and outcome[:2] == b"D-" and outcome.isascii()


def _understood_one(outcome: Outcome) -> Outcome:
    if _is_id(outcome) or isinstance(outcome, (ReplyError, OutcomeUnknown)):
        return outcome
    problem = unexpected("ADDJOB", outcome)
    assert isinstance(problem, OutcomeUnknown)
    return problem


def _ids(outcomes: list[Outcome]) -> list[str] | None:
    """The job IDs where nothing else is among the outcomes, which is the common case."""
    try:
        return list(map(bytes.decode, outcomes))  # type: ignore[arg-type]  # what is no bytes raises
    except (TypeError, UnicodeDecodeError):
        return None
