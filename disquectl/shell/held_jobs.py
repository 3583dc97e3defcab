"""Jobs that were taken for a pipe: kept by WORKING until its command has ended, then acknowledged or not.

A thread keeps them, over connections to the nodes that they were taken from, which also acknowledge. It knows
no process: the caller says how the command ended.
"""

from __future__ import annotations

import threading
import time
from copy import copy

from disquectl.client.pipeline import call_many
from disquectl.errors import DisquectlError, PartlyDone, ReplyError
from disquectl.execution.session import Session
from disquectl.protocol.jobid import is_at_least_once
from disquectl.render.human import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.client.transport import Transport

TIMEOUT_SECONDS = 5.0
# Most commands end sooner, and their jobs need no WORKING.
FIRST_LOOK_SECONDS = 0.2
# What a node said of a job so long ago still holds.
RECENT_SECONDS = 1.0
# A job comes back as much as this before its retry time, which is 1 s at least (randomTimeError in Disque).
EARLY_SECONDS = 0.5
# After an error, or where no retry time is known.
AGAIN_SECONDS = 1.0
IDS_PER_REQUEST = 1_000


class _Batch:
    """Jobs that came together. `retries` has the retry time of those that WORKING keeps, None before it is
    known; `at_most_once` the others. `looked`: when the node last showed them; `due`: when to look again."""

    __slots__ = ("at_most_once", "due", "looked", "node", "retries", "written")

    def __init__(self, ids: Sequence[str], node: Node) -> None:
        returning = {job_id for job_id in ids if _comes_back(job_id)}
        self.retries: dict[str, int | None] = {job_id: None for job_id in ids if job_id in returning}
        self.at_most_once = [job_id for job_id in ids if job_id not in returning]
        self.node = node
        self.looked = time.monotonic()
        self.due = self.looked + FIRST_LOOK_SECONDS
        self.written = False

    @property
    def ids(self) -> list[str]:
        return [*self.retries, *self.at_most_once]


def _comes_back(job_id: str) -> bool:
    try:
        return is_at_least_once(job_id)
    except ValueError:
        return True


class HeldJobs:
    """`hold` before jobs are written, `written` after that, and once, at the end, `settle`."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._clients: dict[Node, Transport] = {}
        self._batches: list[_Batch] = []
        self._lost = 0
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def hold(self, ids: Sequence[str], taker: Session) -> None:
        """Keep these jobs, which the node of this session has just delivered."""
        self._batches.append(_Batch(ids, taker.client.node or taker.client.nodes[0]))
        if self._session is None:
            settings = copy(taker.settings)
            settings.quiet = True  # the taker has warned already
            self._session = Session(settings, taker.streams)
            self._thread = threading.Thread(target=self._keep, name="disquectl-held", daemon=True)
            self._thread.start()

    def written(self) -> None:
        """What is held so far was written to its last byte."""
        for batch in self._batches:
            batch.written = True

    def settle(self, problem: str) -> None:
        """Acknowledge what was written, or with a `problem` nothing.

        Raises PartlyDone where jobs were not acknowledged; it says when they come back.
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
            if time.monotonic() - batch.looked > RECENT_SECONDS:
                self._look(batch)
            try:
                for at in range(0, len(batch.ids), IDS_PER_REQUEST):
                    self._client(batch).call("ACKJOB", *batch.ids[at : at + IDS_PER_REQUEST], repeatable=True)
            except DisquectlError as problem:
                self._give_up(self._batches[place:], problem.message)
        if self._lost:
            raise PartlyDone(f"{_jobs(self._lost)} not acknowledged: the node does not know them any more")

    def _give_up(self, batches: list[_Batch], problem: str) -> None:
        for batch in batches:
            if None in batch.retries.values():
                self._look(batch)
        count = sum(len(batch.ids) for batch in batches)
        if count:
            raise PartlyDone(f"{_jobs(count)} not acknowledged: {problem}", _when_they_return(batches))

    # Keeping them, in the thread, and after its end

    def _keep(self) -> None:
        while not self._ended:
            now = time.monotonic()
            for batch in list(self._batches):
                if batch.due <= now and not self._ended:
                    self._look(batch)
            due = min(batch.due for batch in self._batches)
            # A batch that comes meanwhile is not due before that.
            self._wake.wait(max(min(due - time.monotonic(), FIRST_LOOK_SECONDS), 0))

    def _look(self, batch: _Batch) -> None:
        """Send WORKING for each job: it starts the retry time anew, and tells it. The unknown are dropped."""
        ids = list(batch.retries)
        try:
            replies = call_many(self._client(batch), [("WORKING", job_id) for job_id in ids])
        except DisquectlError:
            batch.due = time.monotonic() + AGAIN_SECONDS
            return
        for job_id, reply in zip(ids, replies, strict=True):
            if isinstance(reply, int):
                batch.retries[job_id] = reply
            elif isinstance(reply, ReplyError) and reply.code == "NOJOB":
                del batch.retries[job_id]
                self._lost += 1
        batch.looked = time.monotonic()
        known = [seconds for seconds in batch.retries.values() if seconds]
        batch.due = batch.looked + ((min(known) - EARLY_SECONDS) / 2 if known else AGAIN_SECONDS)

    def _client(self, batch: _Batch) -> Transport:
        """A client that knows only the node that the jobs were taken from."""
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
        text = "they come back when their retry time is over"
    else:
        low, high = duration(min(known)), duration(max(known))
        text = f"they come back in {low if low == high else f'{low} to {high}'}, their retry time"
    lost = f"{_jobs(never)} to be delivered at most once: no node delivers them again" if never else ""
    return "; ".join(part for part in (text, lost) if part)
