"""getjob in quantity: takes jobs batch by batch; each batch is written and flushed before it is acknowledged.

The next batch is asked for before the last one is written, so that the node and this program work at the same
time. However the run ends, a job that was not written is not acknowledged, and is delivered again.
"""

from __future__ import annotations

import time
from contextlib import suppress

from disquectl.bulk.files import JobFiles
from disquectl.bulk.limits import Limits
from disquectl.client.identity import RedisWithModule
from disquectl.client.pipelined_connection import Batch
from disquectl.client.stream import Stream
from disquectl.errors import DataError, DisquectlError, NothingThere, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.execution.signals import Stop
from disquectl.protocol.columns import values_of
from disquectl.protocol.replies import jobs
from disquectl.protocol.resp import encode
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words
    from disquectl.spec.shape import Shape

# After a signal, the node has this long to answer the requests in flight.
STOP_SECONDS = 2.0


class _WaitCancelled(Exception):
    """A signal came while a request waited for jobs. Its connection is closed, so that it takes no job."""


def run(  # noqa: PLR0917 - as the runs of all commands, and how it follows
    command: Command, values: Values, session: Session, shape: Shape, follow: bool, max_count: int
) -> None:
    """Take the jobs, at most `max_count` in one reply; with `follow`, wait for more after the first.

    Raises NothingThere when there was none, and PartlyDone when some were not acknowledged.
    """
    session.check_output(shape)
    session.guard(command, [*command.grammar.verb])
    files = JobFiles(values["into"]) if "into" in values else None
    with suppress(RedisWithModule):  # it supports what is used here
        session.client.verify()
    limits = Limits(
        values,
        follow=follow,
        max_count=max_count,
        response_timeout_ms=session.settings.response_timeout_ms,
        now=time.monotonic(),
    )
    _Consumer(values, session, shape, files, limits).run()


class _Consumer:
    """One run: a stream of requests to a node, and the output."""

    def __init__(
        self, values: Values, session: Session, shape: Shape, files: JobFiles | None, limits: Limits
    ) -> None:
        self._limits = limits
        self._tail: Words = [b"WITHCOUNTERS"] if values.get("withcounters") else []
        # Each queue once, as in requests() of getjob.
        self._tail += [b"FROM", *dict.fromkeys(values["queue"])]
        self._session = session
        self._files = files
        self._holder = session.holder if values.get("ack") else None
        self._acks = bool(values.get("ack")) and self._holder is None
        self._out = session.line_writer(shape)
        self._stop = Stop()
        self._wait_for: list[int] = []  # a file that is readable after a signal
        self._is_waiting = False  # whether a GETJOB that may wait for jobs is in flight
        self._stream = Stream(session.client)
        self._node: Node | None = None  # where the last jobs were taken
        self._written = 0
        self._unacknowledged: list[Sequence[str]] = []  # IDs of written jobs, by batch
        self._is_outranked = False  # whether the run ends with an exit code that goes before PartlyDone's

    def run(self) -> None:
        """Take jobs until a limit, a signal or a failure ends it."""
        try:
            with self._stop as stop, self._stream, suppress(_WaitCancelled):
                self._wait_for.append(stop.fd)
                try:
                    self._take_jobs()
                except (OSError, DisquectlError):
                    self._finish_acknowledging()
                    raise
                self._finish_acknowledging()
            self._out.finish()
            self._is_outranked = isinstance(self._stream.failure, OutcomeUnknown)
        except DataError as problem:
            if self._stop.interrupted:
                self._session.problem(problem.message)
                raise KeyboardInterrupt from None
            self._is_outranked = True
            raise
        finally:
            self._acknowledge_the_rest()
        self._report_the_end()

    def _take_jobs(self) -> None:
        asked = self._ask(wait_ms=0)
        while asked:
            found = self._receive()
            if found:
                asked = self._ask(wait_ms=0)
                self._write(found)
                self._acknowledge(found)
            else:
                wait_ms = self._limits.next_wait_ms(time.monotonic())
                asked = wait_ms > 0 and self._ask(wait_ms)

    def _ask(self, wait_ms: int) -> bool:
        """Send the next GETJOB; False if all jobs are taken, or a signal or a failure came."""
        count = self._limits.next_count()
        if not count or self._stop.asked:
            return False
        if wait_ms:
            self._out.pause()
        self._is_waiting = wait_ms > 0
        how: Words = [b"TIMEOUT", b"%d" % wait_ms] if wait_ms else [b"NOHANG"]
        request = encode([b"GETJOB", *how, b"COUNT", b"%d" % count, *self._tail])
        return self._stream.send(Batch([request], wait_ms=wait_ms))

    def _receive(self) -> Records:
        """The jobs of the next reply to GETJOB. Raises what a refusal means."""
        while (batch := self._next_answered()).tag is not None:
            self._note_acknowledged(batch)
        self._is_waiting = False
        reply = batch.outcomes[0] if batch.outcomes else None
        if isinstance(reply, OutcomeUnknown):
            return []  # the stream has failed; reported at the end
        if isinstance(reply, ReplyError):
            raise self._session.explained(reply, [b"GETJOB", *self._tail])
        found = jobs(reply)
        self._limits.add(found, time.monotonic())
        self._node = batch.node
        return found

    def _next_answered(self) -> Batch:
        """The next batch with its outcomes; after a signal, the node has STOP_SECONDS to answer."""
        while (batch := self._stream.receive(self._wait_for)) is None:
            if self._stop.asked and self._is_waiting:
                raise _WaitCancelled
            if self._stop.asked and self._wait_for:
                self._stream.hurry(STOP_SECONDS)
                self._wait_for.clear()  # it stays readable
        return batch

    def _write(self, found: Records) -> None:
        """Write and flush these jobs; only then may they be acknowledged.

        Raises BrokenPipeError or DataError when they are not written, or the reader has gone.
        """
        if self._holder is not None:
            self._holder.hold(values_of(found, "id"), self._session, self._node)
        if self._files is not None:
            self._files.write(found)
        self._out.write_all(found)
        self._out.flush()
        if self._session.streams.reader_is_gone():
            raise BrokenPipeError
        self._written += len(found)
        if self._holder is not None:
            self._holder.written()

    def _acknowledge(self, found: Records) -> None:
        """Send ACKJOB to the node that delivered these jobs, and to no other: it may not know them."""
        if not self._acks:
            return
        ids = values_of(found, "id")
        self._unacknowledged.append(ids)
        self._stream.send(Batch([encode(["ACKJOB", *ids])], tag=ids, pinned_to=self._node))

    def _note_acknowledged(self, batch: Batch) -> None:
        """Forget the IDs of an ACKJOB that was answered; they are its tag."""
        if batch.outcomes and isinstance(batch.outcomes[0], int):
            self._unacknowledged.remove(batch.tag)  # type: ignore[arg-type]  # put there by _acknowledge

    def _finish_acknowledging(self) -> None:
        """Wait for the replies to ACKJOB that are still to come."""
        while self._stream.in_flight:
            batch = self._next_answered()
            if batch.tag is not None:
                self._note_acknowledged(batch)

    def _acknowledge_the_rest(self) -> None:
        """Acknowledge what was written and has no answer to its ACKJOB, at the nodes that have the jobs.

        After a signal the nodes have STOP_SECONDS, and none is asked if this one has been silent.
        """
        if not self._unacknowledged:
            return
        ids = [job_id for batch in self._unacknowledged for job_id in batch]
        written = f"{counted(self._written, 'job')} written"
        try:
            self._acknowledge_where_found(ids)
        except PartlyDone as problem:
            self._report_unacknowledged(f"{written}; {problem.message}", "", problem)
        except DisquectlError as problem:
            self._report_unacknowledged(
                f"{written}, {len(ids)} of them not acknowledged: {problem.message}",
                "they are delivered again after their retry time",
                problem,
            )

    def _acknowledge_where_found(self, ids: Sequence[str]) -> None:
        from disquectl.execution.acknowledge import acknowledge_where_found

        if not self._stop.interrupted:
            acknowledge_where_found(self._session, ids)
        elif self._stream.failure is not None:
            raise self._stream.failure
        else:
            with self._session.impatient_client(STOP_SECONDS) as client:
                acknowledge_where_found(self._session, ids, client)

    def _report_unacknowledged(self, text: str, advice: str, problem: DisquectlError) -> None:
        """Raise it; print it where the run ends with an exit code that goes before it."""
        if not (self._stop.interrupted or self._is_outranked):
            raise PartlyDone(text, advice) from problem
        self._session.problem(f"{text} ({advice})" if advice else text)

    def _report_the_end(self) -> None:
        """Raise what the run ends with; nothing when it reached its limit."""
        failure, taken = self._stream.failure, self._limits.taken
        if self._stop.interrupted:
            raise KeyboardInterrupt
        if isinstance(failure, OutcomeUnknown):
            failure.advice = "Jobs that the node had sent are delivered again after their retry time."
            raise failure
        if failure is not None and taken:
            raise PartlyDone(f"{counted(taken, 'job')}, then: {failure.message}", failure.advice)
        if failure is not None:
            raise failure
        if not taken:
            raise NothingThere("no job")
