"""Adds jobs from a source of lines, many in flight: sends batches, writes records, draws the progress.

What ends a run early (Ctrl-C, a reader that has gone, a full disk, an input that cannot be read, --fail-fast)
stops the batches; replies in flight are still waited for, so that the outcome of each line is known. What is
counted and written is up to the command: see `AddingRun`.
"""

from __future__ import annotations

from disquectl.bulk.progress import Progress
from disquectl.errors import DataError, DisquectlError, OutcomeUnknown, ReplyError, UsageError
from disquectl.execution.signals import Stop
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from disquectl.bulk.batches import Lines
    from disquectl.bulk.rate_limit import RateLimit
    from disquectl.bulk.source import Source
    from disquectl.client.pipelined_connection import Batch, Outcome
    from disquectl.client.stream import Stream
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.render.stream import Writer

    class Batches(Protocol):
        """Makes batches of lines. `number`: that of the last line that was read."""

        number: int

        def batches(self, lines: Lines) -> Iterator[Batch]:
            """The batches of the next lines."""


# Requests in a batch. An ADDJOB that waits for its replicas blocks its connection, so it takes many
# connections with small batches to keep the nodes busy.
BATCH_ON_ONE, BATCH_ON_MANY = 256, 16
DEFAULT_CONNECTIONS = 32


class AddingRun:
    """One run: the input, a stream of requests, and the output.

    broken_output  why the output could not be written, or None
    broken_input   why the input ended before its end, or None
    """

    def __init__(
        self,
        session: Session,
        source: Source,
        batcher: Batches,
        out: Writer | None,
        *,
        fail_fast: bool,
        rate_limit: RateLimit | None = None,
    ) -> None:
        """`out`: takes the records; None: none are written. `rate_limit`: how many jobs a second."""
        self.session = session
        self.broken_output: BrokenPipeError | DataError | None = None
        self.broken_input: DisquectlError | None = None
        self._source = source
        self._batcher = batcher
        self._out = out
        self._fail_fast = fail_fast
        self._rate_limit = rate_limit
        self._progress = Progress(session.streams, not session.settings.quiet)
        self._stop = Stop(self._report_draining)

    @property
    def was_interrupted(self) -> bool:
        """Whether a signal has ended it."""
        return self._stop.interrupted

    @property
    def was_stopped(self) -> bool:
        """Whether it was ended before its input."""
        return self._stop.asked

    def has_refusal(self, batch: Batch) -> bool:
        """Whether a line of a batch that was not sent yet is not a job."""
        return bool(batch.outcomes)

    def account(self, batch: Batch) -> None:
        """Note the outcomes of a batch that has come back."""
        raise NotImplementedError

    def records(self, batch: Batch) -> Records:
        """What is written of a batch."""
        raise NotImplementedError

    def note_unwritten(self, batch: Batch) -> None:
        """Note that the records of a batch were not written."""
        raise NotImplementedError

    def note_abandoned(self, last: int) -> None:
        """Note that the outcomes of all lines in flight, up to `last`, stay unknown."""
        raise NotImplementedError

    def counts(self) -> tuple[int, int]:
        """How many jobs have an outcome, and how many of them were refused."""
        raise NotImplementedError

    def summarize(self, out: Writer) -> None:
        """Give the writer a summary, if it has a place for one."""

    def carry_out(self, stream: Stream) -> None:
        """Send and write until the input ends or something stops it."""
        with self._stop as stop:
            try:
                for batch in stream.run(self._batches(), (self._source.fd, stop.fd)):
                    batch.outcomes = _all_checked(batch.outcomes)
                    self.account(batch)
                    self._write(batch)
                    self._show_progress()
            except KeyboardInterrupt:
                # The second signal.
                self.note_abandoned(self._batcher.number)
            self._progress.clear()
        self._finish()

    def refused(self, text: str) -> None:
        """Report a line that was refused; with --fail-fast, begin nothing new."""
        self.problem(text)
        if self._fail_fast:
            self._stop.asked = True

    def problem(self, text: str) -> None:
        """Report a problem on stderr."""
        self._progress.clear()
        self.session.problem(text)

    def _batches(self) -> Iterator[Batch | None]:
        try:
            for lines in self._source.chunks():
                if lines is None:
                    yield None
                for batch in self._batcher.batches(lines or []):
                    if self._stop.asked:
                        return
                    if self._rate_limit is not None:
                        self._rate_limit.wait(len(batch.left), self._stop.fd)
                    is_last = self._fail_fast and self.has_refusal(batch)
                    yield batch
                    if is_last:
                        return
                if self._stop.asked:
                    return
        except UsageError:
            raise
        except DisquectlError as problem:
            self.broken_input = problem

    def _write(self, batch: Batch) -> None:
        """Write the records of a batch; a failure stops the run, and is kept."""
        if self._out is None:
            return
        if self.broken_output is None:
            try:
                self._out.write_all(self.records(batch))
                self._out.flush()
                return
            except (BrokenPipeError, DataError) as problem:
                self.broken_output = problem
                self._stop.asked = True
        self.note_unwritten(batch)

    def _finish(self) -> None:
        if self.broken_output is None and self._out is not None:
            try:
                self.summarize(self._out)
                self._out.finish()
            except (BrokenPipeError, DataError) as problem:
                self.broken_output = problem

    def _show_progress(self) -> None:
        total = self._source.total_bytes
        share = min(self._source.bytes_read / total, 1.0) if total else None
        self._progress.update(*self.counts(), share)

    def _report_draining(self) -> None:
        self.problem("stopping: waiting for replies in flight (press Ctrl-C again not to wait)")


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
