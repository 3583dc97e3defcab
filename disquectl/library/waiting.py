"""Jobs that were taken together and wait for their turn: WORKING keeps them from being delivered to others.

A job that could not be kept long enough is not handed out, because another consumer may have it by then.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from math import inf

from disquectl.errors import ConnectionFailed, DisquectlError, OutcomeUnknown
from disquectl.library.replicas import put_back_where_found
from disquectl.protocol.jobid import is_at_least_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.connection import Connection
    from disquectl.client.pinned_transport import PinnedTransport
    from disquectl.library.job import Job

# Half a second before a job returns to its queue, its node begins to ask the others for it.
_MARGIN_SECONDS = 0.6


class WaitingJobs:
    """The jobs, oldest first, and how long each is certainly kept."""

    def __init__(self, transport: PinnedTransport) -> None:
        self._transport = transport
        self._connection: Connection | None = None
        self._jobs: deque[tuple[Job, float]] = deque()
        self._renew_at = inf

    def keep(self, jobs: Sequence[Job], connection: Connection) -> bool:
        """Let jobs wait that this connection has just delivered. Return whether all of them can wait."""
        self._connection = connection
        return self._keep(jobs)

    def _keep(self, jobs: Sequence[Job]) -> bool:
        self._renew_at = inf
        if not jobs:
            self._jobs.clear()
            return True
        sent_at = time.monotonic()
        assert self._connection is not None
        try:
            replies = self._transport.request_on(self._connection, *(("WORKING", job.id) for job in jobs))
        except (ConnectionFailed, OutcomeUnknown):
            self._jobs.clear()
            return False  # they come back after their retry time
        self._jobs.clear()  # not before: an interruption leaves them here, to be put back
        refused = []
        for job, seconds in zip(jobs, replies, strict=True):
            if type(seconds) is not int:
                refused.append(job)
            elif seconds:
                job.kept(sent_at)
                self._jobs.append((job, sent_at + seconds - _MARGIN_SECONDS))
                # Before it is no longer kept, however short the retry time is.
                self._renew_at = min(self._renew_at, sent_at + seconds / 3)
            else:  # RETRY is 0: it is never delivered again
                self._jobs.append((job, inf))
        if refused:
            self._put_back(refused)
        return not refused and len(self._jobs) == len(jobs)

    def next(self) -> Job | None:
        """Return the job whose turn it is, or None if none waits that is certainly kept."""
        if not self._jobs:
            return None
        if self._connection is None or not self._transport.owns(self._connection):
            # Its node may have restarted, or be gone.
            self.put_back()
            return None
        now = time.monotonic()
        if now >= self._renew_at:
            self._keep([job for job, kept_until in self._jobs if now < kept_until])
        return self._jobs.popleft()[0] if self._jobs else None

    def put_back(self) -> None:
        """Queue the jobs again that are certainly kept; the others come back by themselves."""
        now = time.monotonic()
        kept = [job for job, kept_until in self._jobs if now < kept_until]
        self._jobs.clear()
        self._put_back(kept)

    def put_back_taken(self, jobs: Sequence[Job]) -> None:
        """Queue jobs again that were delivered just now, and none that waits."""
        self._jobs.clear()
        self._put_back(jobs)

    def _put_back(self, jobs: Sequence[Job]) -> None:
        # A job with RETRY 0 is never queued twice.
        ids = [job.id for job in jobs if is_at_least_once(job.id)]
        if not ids or self._connection is None:
            return
        # Not NACK, which would count as a failed attempt.
        with suppress(DisquectlError):
            try:
                self._transport.request_on(self._connection, ("ENQUEUE", *ids))
            except ConnectionFailed:
                put_back_where_found(self._transport, ids)
