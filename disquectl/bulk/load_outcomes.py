"""The outcome of each line that `load` reads: counts with reasons, and line numbers to go on from. Pure."""

from __future__ import annotations

from disquectl.bulk.load_plan import NOT_SELECTED
from disquectl.bulk.outcomes import LineOutcomes
from disquectl.bulk.summary import DONE, LEFT, UNKNOWN, Summary
from disquectl.client.resending import leaves_open
from disquectl.errors import DisquectlError, OutcomeUnknown, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from disquectl.bulk.load_plan import PlannedLine
    from disquectl.client.pipelined_connection import Outcome
    from disquectl.spec.shape import Record

NOT_SENT = "not sent"


class LoadOutcomes:
    """Takes the lines in the order of the file.

    summary       the counts of all outcomes
    lines         the numbers of lines, for `--skip`
    not_selected  how many jobs the selection does not mean
    refusal       the code of the first refusal, or ""
    """

    def __init__(self, skipped: int) -> None:
        self.summary = Summary()
        self.lines = LineOutcomes(skipped)
        self.not_selected = 0
        self.refusal = ""

    def add(self, lines: Sequence[PlannedLine], outcomes: Sequence[Outcome]) -> list[PlannedLine]:
        """Note the lines of a batch; return those to report, which were left or are unknown.

        `outcomes`: of the lines that were sent, in their order; the last ones may not have been sent.
        """
        if len(outcomes) == len(lines) and all(isinstance(one, bytes) for one in outcomes):
            self._all_done(lines, outcomes)
            return []
        problems: list[PlannedLine] = []
        replies = iter(outcomes)
        for line in lines:
            if line.kind is None and not self._settle(line, next(replies, None)):
                self.lines.note_unsent([line.number])
                continue
            self._count(line)
            if line.kind in (LEFT, UNKNOWN):
                problems.append(line)
        return problems

    def _all_done(self, lines: Sequence[PlannedLine], outcomes: Sequence[Outcome]) -> None:
        for line, outcome in zip(lines, outcomes, strict=True):
            line.kind, line.new_id = DONE, outcome  # type: ignore[assignment]  # all are bytes
        self.summary.add(DONE, count=len(lines))
        self.lines.all_added([line.number for line in lines])

    def _settle(self, line: PlannedLine, outcome: Outcome) -> bool:
        """Note what became of a line; False if it was not sent."""
        if isinstance(outcome, bytes):
            line.kind, line.new_id = DONE, outcome
        elif isinstance(outcome, OutcomeUnknown) or (
            isinstance(outcome, ReplyError) and leaves_open(outcome)
        ):
            line.end(UNKNOWN, "", outcome.message)
        elif isinstance(outcome, DisquectlError):
            line.end(LEFT, outcome.message)
            self.refusal = self.refusal or getattr(outcome, "code", "")
        return line.kind is not None

    def _count(self, line: PlannedLine) -> None:
        if line.kind == NOT_SELECTED:
            self.not_selected += 1
        elif line.kind is not None and line.kind != "empty":
            self.summary.add(line.kind, line.reason)
        if line.kind == UNKNOWN:
            self.lines.note_unknown(line.number)
        elif line.kind == LEFT:
            self.lines.note_refused(line.number)
        else:
            self.lines.note_added(line.number)

    def abandon(self, last: int) -> None:
        """Note the lines in flight, up to `last`, as unknown."""
        for number in range(self.lines.last + 1, last + 1):
            self.lines.note_unknown(number)
            self.summary.add(UNKNOWN)

    def note_unwritten(self, lines: Sequence[PlannedLine]) -> None:
        """Note jobs that were added and whose records were not written."""
        for line in lines:
            if line.kind == DONE:
                self.lines.unwritten.add(line.number)

    def end(self) -> None:
        """Count lines that were not sent although later ones were as left."""
        if gaps := self.lines.gaps.count:
            self.summary.add(LEFT, NOT_SENT, gaps)

    def text(self, stopped: bool) -> str:
        """The counts; of a run that ended before its input, also how to continue it."""
        lines, parts = self.lines, [self.summary.text()]
        if self.not_selected:
            parts[0] += f", {self.not_selected:,} not selected"
        if lines.unknown.count:
            parts.append(f"unknown are lines {lines.unknown}")
        if lines.gaps.count:
            parts.append(f"not sent are lines {lines.gaps}")
        if lines.unwritten.count:
            parts.append(f"the IDs of lines {lines.unwritten} were not written")
        text = "; ".join(parts)
        return (
            f"stopped after line {lines.last}: {text}; --skip {lines.last} goes on there" if stopped else text
        )

    def record(self) -> Record:
        """The summary as a JSON object."""
        return {**self.summary.record(), "not_selected": self.not_selected}


def record_of(line: PlannedLine) -> dict[str, Any]:
    """The record of a line that was sent, or is not a job."""
    record = {
        "line": line.number,
        "id": text_of(line.job_id),
        "new_id": text_of(line.new_id),
        "queue": line.queue,
    }
    return record if line.kind == DONE else {**record, "error": line.message}


def preview_record(line: PlannedLine) -> dict[str, Any]:
    """The record of a line that would be added."""
    options = line.options
    return {
        "line": line.number,
        "id": text_of(line.job_id),
        "queue": line.queue,
        "state": line.job.traits.state or None,
        "ttl": options.get("ttl"),
        "delay": options.get("delay") or 0,
        "retry": options.get("retry"),
        "replicate": options.get("replicate"),
    }


def text_of(job_id: bytes | None) -> str | None:
    return None if job_id is None else job_id.decode("utf-8", "backslashreplace")
