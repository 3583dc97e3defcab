"""The loop over jobs: takes them from the first seed that answers and hands them out one by one."""

from __future__ import annotations

import time
from math import ceil

from disquectl.client.connection import current_process
from disquectl.client.job_commands import each_once
from disquectl.errors import OutcomeUnknown, ReplyError, UsageError
from disquectl.library.batch_size import BatchSize
from disquectl.library.job import Job
from disquectl.library.options import is_seconds
from disquectl.library.waiting import WaitingJobs
from disquectl.protocol.jobid import is_at_least_once
from disquectl.protocol.replies import jobs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from disquectl.client.job_commands import Name
    from disquectl.client.pinned_transport import PinnedTransport
    from disquectl.protocol.resp import AnyWord

# A node that hangs is noticed after this and the response timeout.
_WAIT_SECONDS = 10.0
# The requests for the jobs that wait have to fit into the buffers of the sockets.
MAX_COUNT = 1000


def checked(queues: Sequence[Name], idle: float | None, count: int) -> Sequence[AnyWord]:
    """Return the queues, each once. Raises UsageError and TypeError for wrong arguments of `Client.jobs`."""
    if not queues:
        raise UsageError("no queue is given", 'Name at least one: client.jobs("mail")')
    if idle is not None and not is_seconds(idle):
        raise UsageError("idle must be a number of seconds from 0, or None for no limit")
    if type(count) is not int or not 1 <= count <= MAX_COUNT:
        raise UsageError(f"count must be a whole number from 1 to {MAX_COUNT}")
    return each_once(queues)


def taken_jobs(
    transport: PinnedTransport, queues: Sequence[AnyWord], idle: float | None, count: int
) -> Generator[Job, None, None]:
    """Yield jobs as they are taken; the arguments are those of `Client.jobs`, checked."""
    source = _Source(transport, queues, idle)
    waiting = WaitingJobs(transport)
    batch_size = BatchSize(count)
    process = current_process()
    try:
        while True:
            job = waiting.next()
            if job is None:
                taken = source.take(batch_size.count)
                if not taken:
                    return
                job = taken[0]
                if not all(is_at_least_once(one.id) for one in taken):
                    batch_size.cannot_wait()
                try:
                    if len(taken) > 1 and not waiting.keep(taken[1:], source.connection):
                        batch_size.cannot_wait()
                except BaseException:  # interrupted: none of them has been handed out
                    waiting.put_back_taken(taken)
                    raise
            begun = time.monotonic()
            yield job
            if process is not current_process():
                raise UsageError(
                    "this loop over jobs belongs to the process that began it",
                    "Begin one in this process, by client.jobs(...).",
                )
            batch_size.handled(time.monotonic() - begun)
    finally:
        if process is current_process():
            waiting.put_back()


class _Source:
    """Takes jobs, and goes to the next seed where a node hangs, leaves the cluster, or is gone.

    connection  the one that has delivered the last jobs
    """

    def __init__(self, transport: PinnedTransport, queues: Sequence[AnyWord], idle: float | None) -> None:
        self._transport = transport
        self._queues = queues
        self._idle = idle

    def take(self, count: int) -> list[Job]:
        """Wait for jobs; return up to `count`, or none if there was none for the idle time.

        Raises what `Transport.call` raises, but for one failure of each seed.
        """
        failures = 0
        deadline = None if self._idle is None else time.monotonic() + self._idle
        while True:
            left = _WAIT_SECONDS
            if deadline is not None:
                left = min(left, deadline - time.monotonic())
            try:
                found = self._ask(count, ceil(max(left, 0) * 1000))
            except (OutcomeUnknown, ReplyError) as problem:
                failures += 1
                is_over = failures > len(self._transport.nodes)
                if is_over or (isinstance(problem, ReplyError) and problem.code != "LEAVING"):
                    raise
                self._transport.leave()
                continue
            failures = 0
            if found or (deadline is not None and time.monotonic() >= deadline):
                return found

    def _ask(self, count: int, wait_ms: int) -> list[Job]:
        wait = ("TIMEOUT", wait_ms) if wait_ms else ("NOHANG",)
        words = ("GETJOB", *wait, "COUNT", count, "WITHCOUNTERS", "FROM", *self._queues)
        reply = self._transport.request(words, False, wait_ms)
        taken_at = time.monotonic()
        connection = self._transport.connection
        if reply is None or connection is None:
            return []
        self.connection = connection
        return [Job(record, self._transport, connection, taken_at) for record in jobs(reply)]
