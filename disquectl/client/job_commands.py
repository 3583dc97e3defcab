"""The client's methods for jobs: ADDJOB to SHOW, under Disque's names.

Times of jobs are in seconds, timeouts in milliseconds (`_ms`), as in Disque. IDs come as `str`, queue names
and bodies as `bytes`; both may be given as either. Every method raises what `Client.call` raises.
"""

from __future__ import annotations

import time

from disquectl.client.commands import Commands
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS, check_numbers, check_wait, number_words
from disquectl.protocol.jobid import added
from disquectl.protocol.replies import jobs, show
from disquectl.protocol.shapes import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from disquectl.protocol.resp import Word
    from disquectl.protocol.shapes import Record

    Name: TypeAlias = str | bytes


class JobCommands(Commands):
    """What is done with jobs."""

    def addjob(
        self,
        queue: Name,
        body: Name,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        *,
        replicate: int | None = None,
        delay: int | None = None,
        retry: int | None = None,
        ttl: int | None = None,
        maxlen: int | None = None,
        asynchronous: bool = False,
    ) -> str:
        """Add a job; its ID. `timeout_ms` is the time for the copies on other nodes, 0 is for ever.

        `delay`, `retry` (0: at most once) and `ttl` are seconds, `maxlen` jobs, `replicate` copies. Raises
        UsageError for a number that Disque would wrap around, ReplyError (MAXLEN, PAUSED, NOREPL, ...), and
        OutcomeUnknown when the job may yet be delivered.
        """
        options = {"replicate": replicate, "delay": delay, "retry": retry, "ttl": ttl, "maxlen": maxlen}
        check_numbers(options, time.time())
        check_wait("timeout_ms", timeout_ms)
        words: list[Word] = ["ADDJOB", queue, body, timeout_ms, *number_words(options)]
        if asynchronous:
            words.append("ASYNC")
        return added(self._request(tuple(words), False, timeout_ms or None))

    def getjob(
        self,
        *queues: Name,
        nohang: bool = False,
        timeout_ms: int = 0,
        count: int = 1,
        withcounters: bool = False,
    ) -> list[Record]:
        """Take jobs: `{"queue", "id", "body"}` each, `"nacks"` and `"additional_deliveries"` with counters.

        Waits for `timeout_ms`, 0 is for ever, and not at all with `nohang`; no job is an empty list. Queues
        that stand first go first. A wait ends with one job, whatever the count.
        """
        check_wait("timeout_ms", timeout_ms)
        words: list[Word] = ["GETJOB"]
        if nohang:
            words.append("NOHANG")
        words += ["TIMEOUT", timeout_ms, "COUNT", count]
        if withcounters:
            words.append("WITHCOUNTERS")
        wait_ms = 0 if nohang else timeout_ms or None
        # A queue that is waited for twice crashes the Disque module of Redis.
        names = queues if nohang else dict.fromkeys(queues)
        return list(jobs(self._request((*words, "FROM", *names), False, wait_ms)))

    def ackjob(self, *ids: Name) -> int:
        """Acknowledge jobs: they are done, on every node. How many this node knew."""
        return self._count("ACKJOB", ids, repeatable=True)

    def fastack(self, *ids: Name) -> int:
        """Delete jobs everywhere without waiting for the other nodes to say so. How many this node had."""
        return self._count("FASTACK", ids, repeatable=True)

    def nack(self, *ids: Name) -> int:
        """Put jobs back, as failed. How many were put back."""
        return self._count("NACK", ids)

    def enqueue(self, *ids: Name) -> int:
        """Put jobs into their queue now, also delayed ones. How many were put there."""
        return self._count("ENQUEUE", ids)

    def dequeue(self, *ids: Name) -> int:
        """Take jobs out of their queue; they return after their retry time. How many were taken."""
        return self._count("DEQUEUE", ids)

    def deljob(self, *ids: Name) -> int:
        """Delete jobs on this node alone. How many it had."""
        return self._count("DELJOB", ids)

    def working(self, job_id: Name) -> int:
        """Say that a job is still worked on; the seconds until it is delivered again.

        Raises ReplyError: NOJOB, or TOOLATE when half of the TTL is over.
        """
        return integer("WORKING", self._request(("WORKING", job_id)))

    def show(self, job_id: Name) -> Record | None:
        """All that this node knows of a job, or None. `ctime` in nanoseconds, `next_*_within` in ms."""
        return show(self._request(("SHOW", job_id), True))

    def loadjob(self, data: Name) -> None:
        """LOADJOB, which a server takes from its own file only: raises ReplyError."""
        self._request(("LOADJOB", data))

    def _count(self, verb: str, ids: tuple[Name, ...], repeatable: bool = False) -> int:
        return integer(verb, self._request((verb, *ids), repeatable))
