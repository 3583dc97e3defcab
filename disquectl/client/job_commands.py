"""The client's methods for jobs: ADDJOB to SHOW, under Disque's names.

Times of jobs are in seconds, timeouts in milliseconds (`_ms`), as in Disque. IDs are returned as `str`, queue
names and bodies as `bytes`; arguments may be either, or `bytearray` or `memoryview`.
"""

from __future__ import annotations

import time

from disquectl.client.commands import changes, command_method, nothing, reads, record
from disquectl.errors import UsageError
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, check_numbers, check_wait, number_words
from disquectl.protocol.jobid import added
from disquectl.protocol.replies import jobs, show
from disquectl.protocol.resp import as_bytes, encode
from disquectl.protocol.shapes import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from disquectl.client.commands import Asked
    from disquectl.protocol.records import ShownJob, TakenJob
    from disquectl.protocol.resp import AnyWord, Reply
    from disquectl.protocol.shapes import Record

    Body: TypeAlias = str | bytes | bytearray | memoryview
    Name: TypeAlias = Body


class JobCommands:
    """Methods for jobs."""

    @command_method
    def addjob(
        self,
        queue: Name,
        body: Body,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        *,
        replicate: int | None = None,
        delay: int | None = None,
        retry: int | None = None,
        ttl: int | None = None,
        maxlen: int | None = None,
        asynchronous: bool = False,
    ) -> Asked[str]:
        """Add a job and return its ID.

        `body`: text is sent as UTF-8. `timeout_ms`: how long to wait for replication to other nodes, in ms; 0
        is no limit. `delay`, `retry` (0: deliver at most once) and `ttl` are seconds, `maxlen` is a number of
        queued jobs, `replicate` a number of replicas. `asynchronous`: do not wait for replication.

        Disque's defaults: `ttl` is a day, `retry` a tenth of the TTL but at most 300, and `replicate` 3, or
        the number of nodes if there are fewer.

        Raises UsageError for a number that Disque would wrap around, TypeError for a body of another type,
        ReplyError (code MAXLEN, PAUSED, NOREPL, ...), OutcomeUnknown when the job may still be delivered, and
        what `call` raises.
        """
        options = {"replicate": replicate, "delay": delay, "retry": retry, "ttl": ttl, "maxlen": maxlen}
        check_numbers(options, time.time())
        check_wait("timeout_ms", timeout_ms)
        words: list[AnyWord] = ["ADDJOB", queue, body, timeout_ms, *number_words(options)]
        if asynchronous:
            words.append("ASYNC")
        return changes(tuple(words), added, timeout_ms or None)

    @command_method
    def getjob(
        self,
        *queues: Name,
        nohang: bool = False,
        timeout_ms: int = 0,
        count: int = 1,
        withcounters: bool = False,
    ) -> Asked[list[TakenJob]]:
        """Take jobs and return them: a list of dicts, empty if there is none.

        `{"queue": bytes, "id": str, "body": bytes}`, and with `withcounters` also `"nacks"` and
        `"additional_deliveries"`, both int.

        Waits up to `timeout_ms` ms for a job, 0 is no limit; with `nohang` not at all. Returns up to `count`
        jobs, but a call that had to wait returns one. Earlier queues go first. Raises UsageError for no queue
        and for a timeout that Disque cannot take, OutcomeUnknown if the connection broke while it waited, and
        what `call` raises.
        """
        if not queues:
            raise UsageError("no queue is given", 'Name at least one: getjob("mail")')
        check_wait("timeout_ms", timeout_ms)
        words: list[AnyWord] = ["GETJOB"]
        if nohang:
            words.append("NOHANG")
        words += ["TIMEOUT", timeout_ms, "COUNT", count]
        if withcounters:
            words.append("WITHCOUNTERS")
        wait_ms = 0 if nohang else timeout_ms or None
        names = queues if nohang or len(queues) == 1 else each_once(queues)
        return changes((*words, "FROM", *names), record(_job_list), wait_ms)

    @command_method
    def ackjob(self, *ids: Name) -> Asked[int]:
        """Acknowledge jobs: they are done and deleted on all nodes. Return how many this node knew.

        It may be sent again after a broken connection. Raises what `call` raises.
        """
        return reads(("ACKJOB", *ids), _count_of("ACKJOB"))

    @command_method
    def fastack(self, *ids: Name) -> Asked[int]:
        """Delete jobs on all nodes without waiting for confirmation. Return how many this node had.

        It may be sent again after a broken connection. Raises what `call` raises.
        """
        return reads(("FASTACK", *ids), _count_of("FASTACK"))

    @command_method
    def nack(self, *ids: Name) -> Asked[int]:
        """Put jobs back into their queues as failed. Return how many were put back.

        Raises what `call` raises.
        """
        return changes(("NACK", *ids), _count_of("NACK"))

    @command_method
    def enqueue(self, *ids: Name) -> Asked[int]:
        """Queue jobs now, also delayed ones. Return how many were queued.

        Raises what `call` raises.
        """
        return changes(("ENQUEUE", *ids), _count_of("ENQUEUE"))

    @command_method
    def dequeue(self, *ids: Name) -> Asked[int]:
        """Take jobs out of their queues until their retry time. Return how many were taken out.

        Raises what `call` raises.
        """
        return changes(("DEQUEUE", *ids), _count_of("DEQUEUE"))

    @command_method
    def deljob(self, *ids: Name) -> Asked[int]:
        """Delete jobs on this node only. Return how many it had.

        Raises what `call` raises.
        """
        return changes(("DELJOB", *ids), _count_of("DELJOB"))

    @command_method
    def working(self, job_id: Name) -> Asked[int]:
        """Postpone the next delivery of a job. Return the seconds until it is delivered again.

        Raises ReplyError with code NOJOB for an unknown job and TOOLATE when half of its TTL has passed, and
        what `call` raises.
        """
        return changes(("WORKING", job_id), _count_of("WORKING"))

    @command_method
    def show(self, job_id: Name) -> Asked[ShownJob | None]:
        """Return all that this node knows of a job, as a dict, or None for an unknown job.

        The main keys: `id`, `queue`, `state`, `repl`, `ttl`, `ctime`, `delay`, `retry`, `nacks`,
        `additional-deliveries` with `_` for `-`, `nodes_delivered`, `nodes_confirmed`, `next_requeue_within`,
        `next_awake_within`, `body`. `ctime` is in nanoseconds since 1970, `next_*_within` in ms or None,
        other times in seconds. Raises what `call` raises.
        """
        return reads(("SHOW", job_id), record(show))

    @command_method
    def loadjob(self, data: Name) -> Asked[None]:
        """Send LOADJOB, which a server accepts only from its own file.

        Raises ReplyError, and what `call` raises.
        """
        return changes(("LOADJOB", data), nothing)


def each_once(queues: Sequence[Name]) -> Sequence[AnyWord]:
    """Return the queues in order, each once: waiting for one twice crashes the Disque module of Redis.

    Raises TypeError for what is not a name.
    """
    encode(tuple(queues))  # raises for what is not a name
    return tuple(dict.fromkeys(map(as_bytes, queues)))


def _job_list(reply: Reply) -> list[Record]:
    return list(jobs(reply))


def _count_of(verb: str) -> Callable[[Reply], int]:
    return lambda reply: integer(verb, reply)
