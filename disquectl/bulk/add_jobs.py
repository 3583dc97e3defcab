"""addjob --lines, --null, --jsonl: adds jobs from a stream, many in flight; IDs in the order of the input.

It connects the parts: source -> batcher -> stream -> outcomes and output; bulk.add_stream moves them.
"""

from __future__ import annotations

from disquectl.bulk.add_stream import BATCH_ON_MANY, BATCH_ON_ONE, DEFAULT_CONNECTIONS, AddingRun
from disquectl.bulk.batches import Batcher, BodyLines
from disquectl.bulk.outcomes import LineOutcomes
from disquectl.bulk.source import open_source
from disquectl.bulk.template import Template
from disquectl.client.identity import RedisWithModule
from disquectl.client.resending import leaves_open
from disquectl.client.stream import Stream
from disquectl.errors import DataError, DisquectlError, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.protocol.columns import Column, Columns
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from disquectl.bulk.batches import Reader
    from disquectl.bulk.source import Source
    from disquectl.client.pipelined_connection import Batch, Outcome
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values

SHAPE = Shape(("id",), RECORDS, many=True, value="id")


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


class _Run(AddingRun):
    """Counts the outcomes of lines, and writes the IDs; in JSON also the errors of other lines."""

    def __init__(
        self, session: Session, source: Source, batcher: Batcher, outcomes: LineOutcomes, *, fail_fast: bool
    ) -> None:
        super().__init__(session, source, batcher, session.line_writer(SHAPE), fail_fast=fail_fast)
        self._outcomes = outcomes
        self._writes_errors = session.format in ("json", "jsonl")
        self._first_refusal: ReplyError | None = None

    def account(self, batch: Batch) -> None:
        """Note the outcome of each line."""
        numbers = _numbers(batch)
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
            self.problem(f"line {number}: outcome unknown: {outcome.message}")
            return
        assert isinstance(outcome, ReplyError)
        self._outcomes.note_refused(number)
        self._first_refusal = self._first_refusal or outcome
        self.refused(f"line {number}: {outcome.message}")

    def records(self, batch: Batch) -> Records:
        """The IDs, and in JSON the errors."""
        numbers = _numbers(batch)
        ids = _ids(batch.outcomes)
        return self._records(numbers, batch.outcomes) if ids is None else Columns(("id",), [Column(ids)])

    def note_unwritten(self, batch: Batch) -> None:
        """Note the jobs whose IDs were not written."""
        numbers = _numbers(batch)
        for number, outcome in zip(numbers, batch.outcomes, strict=False):
            if isinstance(outcome, bytes):
                self._outcomes.unwritten.add(number)

    def note_abandoned(self, last: int) -> None:
        """Note the lines in flight as unknown."""
        for number in range(self._outcomes.last + 1, last + 1):
            self._outcomes.note_unknown(number)

    def counts(self) -> tuple[int, int]:
        """Lines with an outcome, and those that were refused."""
        return self._outcomes.settled, self._outcomes.refused

    def _records(self, numbers: Sequence[int], outcomes: list[Outcome]) -> list[dict[str, Any]]:
        return [
            {"id": outcome.decode("utf-8", "backslashreplace")}
            if isinstance(outcome, bytes)
            else {"line": number, "error": outcome.message}
            for number, outcome in zip(numbers, outcomes, strict=False)
            if isinstance(outcome, bytes) or (self._writes_errors and isinstance(outcome, DisquectlError))
        ]

    def report_the_end(self, failure: DisquectlError | None) -> None:
        """Raise what the run ends with; nothing when all is done."""
        outcomes = self._outcomes
        failure = failure or self.broken_input
        stopped = self.was_stopped or failure is not None
        summary = outcomes.resume_summary() if stopped else outcomes.summary()
        if self.was_interrupted:
            self.session.problem(summary)
            raise KeyboardInterrupt
        if isinstance(self.broken_output, DataError):
            raise DataError(f"{self.broken_output.message}; {summary}")
        if failure is not None and not outcomes.settled:
            raise failure
        if isinstance(failure, DataError):
            raise DataError(f"{failure.message}; {summary}")
        if failure is not None:
            self.session.problem(failure.message)
        if outcomes.unknown.count:
            raise OutcomeUnknown(summary, "those jobs may exist: check before adding them again")
        if failure is not None or self.broken_output is not None:
            raise PartlyDone(summary)
        if outcomes.refused and not outcomes.added:
            assert self._first_refusal is not None
            code = self._first_refusal.code
            raise self.session.explained(ReplyError(f"{code} {summary}"), [b"ADDJOB"])
        if outcomes.refused:
            raise PartlyDone(summary)


def _ids(outcomes: list[Outcome]) -> list[str] | None:
    """The job IDs if all outcomes are IDs, which is the common case; else None."""
    try:
        return list(map(bytes.decode, outcomes))  # type: ignore[arg-type]  # anything but bytes raises
    except (TypeError, UnicodeDecodeError):
        return None


def _numbers(batch: Batch) -> Sequence[int]:
    """The numbers of its lines."""
    return batch.tag  # type: ignore[return-value]  # put there by the batcher
