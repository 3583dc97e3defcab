"""getjob in quantity: batch after batch, each written and flushed before it is acknowledged.

The next batch is asked for before the last one is written, so that the node and this program work at the same
time. Whatever ends the run, a job that was not written is not acknowledged, and comes back.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress

from disquectl.bulk.files import JobFiles
from disquectl.client.identity import RedisWithModule
from disquectl.client.pipeline import Stream
from disquectl.client.pipelined_connection import Batch
from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.execution.signals import Stop
from disquectl.protocol.columns import values_of
from disquectl.protocol.replies import jobs
from disquectl.protocol.resp import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from disquectl.client.address import Node
    from disquectl.client.pipelined_connection import Outcome
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words
    from disquectl.spec.shape import Shape

# One reply holds at most so many jobs, and about so many bytes of bodies as far as that can be foreseen.
BATCH = 1_000
FIRST_BATCH = 100
REPLY_BYTES = 1 << 20
# A request waits for a job this long and is then made again, so that a node that has vanished is noticed: as
# long as any other reply is waited for, within these bounds.
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 1_000, 60_000
# After a signal the node gets this long to answer what it was asked.
STOP_SECONDS = 2.0
GET, ACK = "get", "ack"


class _Abandoned(Exception):
    """Nothing more is waited for."""


class Limits:
    """When to end. `jobs`: after so many; `idle_ms`: when none came for so long; None: neither.

    `follow`: wait again and again, else only for the first. `batch`: at most so many in one reply.
    """

    __slots__ = ("batch", "follow", "idle_ms", "jobs", "waits")

    def __init__(self, values: Values) -> None:
        self.follow = any(name in values for name in ("follow", "max_jobs", "idle"))
        self.jobs: int | None = values.get("max_jobs") if self.follow else values.get("count", 1)
        self.batch = min(values.get("count", BATCH), BATCH) if self.follow else BATCH
        # A timeout of 0 is for ever, as in Disque; to be idle for 0 is to find nothing.
        self.idle_ms: int | None = values.get("idle") if self.follow else values.get("timeout") or None
        self.waits = not values.get("nohang")


def run(command: Command, values: Values, session: Session, shape: Shape) -> None:
    """Take the jobs. Raises NothingThere where there was none."""
    session.check_output(shape)
    session.guard(command, [*command.grammar.verb])
    files = JobFiles(values["into"]) if "into" in values else None
    with suppress(RedisWithModule):  # it can do this
        session.client.verify()
    _Taking(values, session, shape, files).carry_out()


class _Taking:
    def __init__(self, values: Values, session: Session, shape: Shape, files: JobFiles | None) -> None:
        self._limits = Limits(values)
        self._tail: Words = [b"WITHCOUNTERS"] if values.get("withcounters") else []
        # None twice, as in requests() of getjob.
        self._tail += [b"FROM", *dict.fromkeys(values["queue"])]
        self._session = session
        self._files = files
        self._holder = session.holder if values.get("ack") else None
        self._acks = bool(values.get("ack")) and self._holder is None
        self._out = session.line_writer(shape)
        self._stop = Stop()
        self._wakers: list[int] = []  # files that tell of a signal
        response_timeout_ms = session.settings.response_timeout_ms
        self._longest_wait_ms = max(SHORTEST_WAIT_MS, min(response_timeout_ms, LONGEST_WAIT_MS))
        self._batch = min(FIRST_BATCH, self._limits.batch)
        self._came: deque[Outcome] = deque()
        self._held: Records = []  # jobs that came and are not written
        self._written: deque[Sequence[str]] = deque()  # IDs by request that are not known to be acknowledged
        self._acks_on_their_way = 0
        self._node: Node | None = None  # where they were taken
        self._got = 0
        self._latest = time.monotonic()

    def carry_out(self) -> None:
        """Go on until a limit, Ctrl-C, or a failure ends it."""
        try:
            with (
                self._stop as stop,
                Stream(self._session.client) as stream,
            ):
                self._wakers.append(stop.fd)
                try:
                    for batch in stream.run(self._program(stream), self._wakers):
                        self._take(batch)
                except _Abandoned:
                    pass
            self._write_held()
            for outcome in self._came:
                self._held = self._jobs(outcome)
                self._write_held()
            self._out.finish()
        finally:
            self._acknowledge_the_rest(stream.failure)
        self._tell_the_end(stream.failure)

    def _program(self, stream: Stream) -> Iterator[Batch | None]:
        """What to send, in its order; None while there is nothing to send."""
        wait_ms = 0
        while (count := self._next_count()) and not self._stop.asked:
            yield self._request(count, wait_ms)
            found = yield from self._reply(stream, wait_ms)
            while found:
                self._held = found
                count = 0 if self._stop.asked else self._next_count()
                if count:
                    yield self._request(count, 0)
                self._write_held()
                if self._acks:
                    yield self._ack(found)
                wait_ms = 0
                found = (yield from self._reply(stream, 0)) if count else []
            wait_ms = self._wait_ms()
            if not wait_ms:
                break
        while self._acks_on_their_way:
            yield from self._pause(stream)

    def _pause(self, stream: Stream) -> Iterator[None]:
        """Let the node answer, after a signal for a short time only."""
        if self._wakers and self._stop.asked:
            stream.hurry(STOP_SECONDS)
            self._wakers.clear()  # it stays readable
        yield None

    def _reply(self, stream: Stream, wait_ms: int) -> Generator[None, None, Records]:
        """The jobs of the next reply."""
        while not self._came:
            if wait_ms and self._stop.asked:
                raise _Abandoned  # a client that gives up waiting must not consume a job
            yield from self._pause(stream)
        return self._jobs(self._came.popleft())

    def _jobs(self, outcome: Outcome) -> Records:
        if isinstance(outcome, OutcomeUnknown):
            return []  # told at the end
        if isinstance(outcome, ReplyError):
            raise self._session.explained(outcome, [b"GETJOB", *self._tail])
        found = jobs(outcome)
        if found:
            self._latest = time.monotonic()
            self._got += len(found)
            size = sum(map(len, values_of(found, "body"))) // len(found) + 1
            self._batch = max(1, min(self._limits.batch, REPLY_BYTES // size))
        return found

    def _next_count(self) -> int:
        if self._limits.jobs is None:
            return self._batch
        return min(self._batch, self._limits.jobs - self._got)

    def _wait_ms(self) -> int:
        """How long the next request may wait; 0: it is the end."""
        if not self._limits.waits or (self._got and not self._limits.follow):
            return 0
        if self._limits.idle_ms is None:
            return self._longest_wait_ms
        passed = int((time.monotonic() - self._latest) * 1000)
        return max(min(self._longest_wait_ms, self._limits.idle_ms - passed), 0)

    def _request(self, count: int, wait_ms: int) -> Batch:
        if wait_ms:
            self._out.pause()
        way: Words = [b"TIMEOUT", b"%d" % wait_ms] if wait_ms else [b"NOHANG"]
        request = encode([b"GETJOB", *way, b"COUNT", b"%d" % count, *self._tail])
        return Batch([request], GET, wait_ms=wait_ms)

    def _ack(self, found: Records) -> Batch:
        self._acks_on_their_way += 1
        return Batch([encode(["ACKJOB", *values_of(found, "id")])], ACK)

    def _take(self, batch: Batch) -> None:
        for outcome in batch.outcomes:
            if batch.tag == GET:
                self._came.append(outcome)
                continue
            self._acks_on_their_way -= 1
            if isinstance(outcome, int):
                self._written.popleft()

    def _write_held(self) -> None:
        """Write and flush what is held; then, and only then, it may be acknowledged."""
        held, self._held = self._held, []
        if not held:
            return
        if self._holder is not None:
            self._holder.hold(values_of(held, "id"), self._session)
        if self._files is not None:
            self._files.write(held)
        self._out.write_all(held)
        self._out.flush()
        if self._session.streams.reader_is_gone():
            raise BrokenPipeError
        if self._holder is not None:
            self._holder.written()
        if self._acks:
            self._node = self._session.client.node or self._node
            self._written.append(values_of(held, "id"))

    def _acknowledge_the_rest(self, failure: DisquectlError | None) -> None:
        """What was written and has no answer to its ACKJOB: twice does no harm.

        After a signal the node is not waited for as long as otherwise, and not at all if it has been silent.
        """
        if not self._written:
            return
        client = self._session.client
        if self._stop.interrupted and self._node is not None:
            client = self._session.client_for(self._node, STOP_SECONDS)
        try:
            if self._stop.interrupted and failure is not None:
                raise failure
            while self._written:
                client.call("ACKJOB", *self._written[0], repeatable=True)
                self._written.popleft()
        except DisquectlError as problem:
            count = sum(map(len, self._written))
            lost = f"{self._got} jobs written, {count} of them not acknowledged: {problem.message}"
            advice = "these come back when their retry time is over"
            if not self._stop.interrupted:
                raise PartlyDone(lost, advice) from problem
            self._session.problem(f"{lost} ({advice})")
        finally:
            client.close()

    def _tell_the_end(self, failure: DisquectlError | None) -> None:
        if self._stop.interrupted:
            raise KeyboardInterrupt
        if isinstance(failure, OutcomeUnknown):
            failure.advice = "Jobs that were on their way come back when their retry time is over."
            raise failure
        if failure is not None and self._got:
            raise PartlyDone(f"{self._got} jobs, then: {failure.message}", failure.advice)
        if failure is not None:
            raise failure
        if not self._got:
            raise NothingThere("no job")
