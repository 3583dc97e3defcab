"""Holds jobs that were delivered to a pipe: sends WORKING until its command has ended, then acknowledges.

A thread sends WORKING over separate connections to the nodes that delivered the jobs; the same connections
acknowledge them. When one has broken, ACKJOB is sent only to nodes that are then seen to have the jobs. It
must not know processes: the caller says how the command ended.
"""

from __future__ import annotations

import threading
import time
from copy import copy

from disquectl.client.pipeline import call_many
from disquectl.errors import DisquectlError, PartlyDone, ReplyError
from disquectl.execution.acknowledge import acknowledge_at, acknowledge_where_found
from disquectl.execution.session import Session
from disquectl.protocol.jobid import is_at_least_once
from disquectl.render.human import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.client.transport import Transport

TIMEOUT_SECONDS = 5.0
# Most commands end sooner, so that their jobs need no WORKING.
FIRST_WORKING_SECONDS = 0.2
# A reply to WORKING is considered current for this long.
RECENT_SECONDS = 1.0
# A job may be queued again this long before its retry time of at least 1 s (randomTimeError in Disque).
EARLY_SECONDS = 0.5
# After an error, or if no retry time is known.
RETRY_SECONDS = 1.0
IDS_PER_REQUEST = 1_000


class _Batch:
    """Jobs that were delivered together.

    retries       the at-least-once jobs with their retry times in seconds, None before they are known
    at_most_once  the other jobs
    renewed       when WORKING was last answered
    due           when to send WORKING next
    """

    __slots__ = ("at_most_once", "due", "node", "renewed", "retries", "written")

    def __init__(self, ids: Sequence[str], node: Node) -> None:
        returning = {job_id for job_id in ids if _is_redelivered(job_id)}
        self.retries: dict[str, int | None] = {job_id: None for job_id in ids if job_id in returning}
        self.at_most_once = [job_id for job_id in ids if job_id not in returning]
        self.node = node
        self.renewed = time.monotonic()
        self.due = self.renewed + FIRST_WORKING_SECONDS
        self.written = False

    @property
    def ids(self) -> list[str]:
        return [*self.retries, *self.at_most_once]


def _is_redelivered(job_id: str) -> bool:
    try:
        return is_at_least_once(job_id)
    except ValueError:
        return True


class HeldJobs:
    """Call `hold` before jobs are written, `written` after that, and `settle` once, at the end."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._clients: dict[Node, Transport] = {}
        self._batches: list[_Batch] = []
        self._lost = 0
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def hold(self, ids: Sequence[str], session: Session, node: Node | None = None) -> None:
        """Hold these jobs, which `node`, by default the one of this session, has just delivered."""
        self._batches.append(_Batch(ids, node or session.client.node or session.client.nodes[0]))
        if self._session is None:
            settings = copy(session.settings)
            settings.quiet = True  # the session has warned already
            self._session = Session(settings, session.streams)
            self._thread = threading.Thread(target=self._keep, name="disquectl-held", daemon=True)
            self._thread.start()

    def written(self) -> None:
        """Mark all jobs held so far as completely written."""
        for batch in self._batches:
            batch.written = True

    def settle(self, problem: str) -> None:
        """Acknowledge what was written; with a `problem`, nothing.

        Raises PartlyDone if jobs were not acknowledged; its advice says when they are delivered again.
        """
        self._ended = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        try:
            if problem:
                self._give_up(self._batches, problem)
            self._acknowledge()
        finally:
            for client in self._clients.values():
                client.close()

    def _acknowledge(self) -> None:
        for place, batch in enumerate(self._batches):
            if not batch.written:
                self._give_up(self._batches[place:], "they were not written")
            try:
                self._acknowledge_batch(batch)
            except DisquectlError as problem:
                self._give_up(self._batches[place:], problem.message)
        if self._lost:
            raise PartlyDone(f"{_jobs(self._lost)} not acknowledged: unknown to the node")

    def _acknowledge_batch(self, batch: _Batch) -> None:
        """ACKJOB at the node of the batch if it has just shown the jobs, else at the nodes that have them."""
        assert self._session is not None
        shown = time.monotonic() - batch.renewed <= RECENT_SECONDS or self._renew(batch)
        ids = batch.ids
        for at in range(0, len(ids), IDS_PER_REQUEST):
            shown = shown and acknowledge_at(self._client(batch), ids[at : at + IDS_PER_REQUEST])
            if not shown:
                with self._session.impatient_client(TIMEOUT_SECONDS) as client:
                    acknowledge_where_found(self._session, ids[at:], client)
                return

    def _give_up(self, batches: list[_Batch], problem: str) -> None:
        for batch in batches:
            if None in batch.retries.values():
                self._renew(batch)
        count = sum(len(batch.ids) for batch in batches)
        if count:
            raise PartlyDone(f"{_jobs(count)} not acknowledged: {problem}", _when_they_return(batches))

    # WORKING, in the thread and after its end

    def _keep(self) -> None:
        while not self._ended:
            now = time.monotonic()
            for batch in list(self._batches):
                if batch.due <= now and not self._ended:
                    self._renew(batch)
            due = min(batch.due for batch in self._batches)
            # A batch that is added meanwhile is not due earlier.
            self._wake.wait(max(min(due - time.monotonic(), FIRST_WORKING_SECONDS), 0))

    def _renew(self, batch: _Batch) -> bool:
        """Send WORKING for each job: it restarts the retry time and returns it. False when no answer came.

        Jobs that the node does not know are dropped.
        """
        ids = list(batch.retries)
        try:
            replies = call_many(self._client(batch), [("WORKING", job_id) for job_id in ids])
        except DisquectlError:
            batch.due = time.monotonic() + RETRY_SECONDS
            return False
        for job_id, reply in zip(ids, replies, strict=True):
            if isinstance(reply, int):
                batch.retries[job_id] = reply
            elif isinstance(reply, ReplyError) and reply.code == "NOJOB":
                del batch.retries[job_id]
                self._lost += 1
        batch.renewed = time.monotonic()
        known = [seconds for seconds in batch.retries.values() if seconds]
        batch.due = batch.renewed + ((min(known) - EARLY_SECONDS) / 2 if known else RETRY_SECONDS)
        return True

    def _client(self, batch: _Batch) -> Transport:
        """Return a client for the node that delivered the jobs, and no other."""
        assert self._session is not None
        if batch.node not in self._clients:
            self._clients[batch.node] = self._session.client_for(batch.node, TIMEOUT_SECONDS)
        return self._clients[batch.node]


def _jobs(count: int) -> str:
    return "1 job was" if count == 1 else f"{count} jobs were"


def _when_they_return(batches: list[_Batch]) -> str:
    known = [seconds for batch in batches for seconds in batch.retries.values() if seconds]
    never = sum(len(batch.at_most_once) for batch in batches)
    if not any(batch.retries for batch in batches):
        text = ""
    elif not known:
        text = "delivered again after the retry time"
    else:
        low, high = duration(min(known)), duration(max(known))
        text = f"delivered again in {low if low == high else f'{low} to {high}'}, the retry time"
    lost = f"{_jobs(never)} at-most-once and will not be delivered again" if never else ""
    return "; ".join(part for part in (text, lost) if part)
