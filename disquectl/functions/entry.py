"""A job in the hands of a process that calls functions: what the function gets, and what the worker notes.

Most jobs are done within milliseconds and need no more than this. One that is not becomes a `Job` of the
worker's lifecycle, which keeps it and knows what to do when it fails: `custody`.
"""

from __future__ import annotations

from disquectl.jobs import Job
from disquectl.protocol.shapes import unexpected
from disquectl.worker.job import Job as WorkerJob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Failure


class Entry(Job):
    """Times are seconds on the worker's clock.

    node      the node that delivered it
    taken     when it was delivered
    started   when its function began; 0.0 before that
    seconds   how long its function took
    failure   why it failed, or None
    rejected  the reason, if the function said that the job can never succeed
    custody   the job in the worker's lifecycle, or None
    ended     its outcome was given to the worker: what its function does later does not count
    progress  called by `working`
    """

    __slots__ = ("custody", "ended", "failure", "node", "progress", "rejected", "seconds", "started", "taken")

    custody: WorkerJob | None
    failure: Failure | None
    progress: Callable[[Entry], object] | None

    def __init__(  # noqa: PLR0917 - an element of the reply, in its order
        self, queue: bytes, job_id: str, body: bytes, nacks: int, deliveries: int, node: Node, taken: float
    ) -> None:
        # Not by super().__init__: this runs a hundred thousand times a second.
        self.id = job_id
        self._queue = queue
        self.body = body
        self.nacks = nacks
        self.additional_deliveries = deliveries
        self.node = node
        self.taken = taken
        self.started = self.seconds = 0.0
        self.failure = self.custody = self.progress = None
        self.rejected = ""
        self.ended = False

    @property
    def raw_queue(self) -> bytes:
        """The queue as bytes."""
        return self._queue

    @property
    def node_prefix(self) -> str:
        """The first 8 digits of the ID of the node where it was created."""
        return self.id[2:10]

    def working(self) -> None:
        """Say that the function makes progress: --timeout starts again, and WORKING is sent now."""
        if self.progress is not None:
            self.progress(self)

    def as_job(self) -> WorkerJob:
        """Return it as a job of the worker's lifecycle."""
        return WorkerJob(self.id, self._queue, self.body, self.nacks, self.additional_deliveries, self.node)


def entries_of(reply: Reply, node: Node, now: float) -> list[Entry]:
    """The jobs of a GETJOB with WITHCOUNTERS. Raises OutcomeUnknown for a reply of another shape."""
    if reply is None:
        return []
    entries = []
    elements: Any = reply
    try:
        for queue, job_id, body, _n, nacks, _d, deliveries in elements:
            if type(body) is not bytes or type(nacks) is not int or type(deliveries) is not int:
                raise TypeError
            entries.append(Entry(queue, job_id.decode(), body, nacks, deliveries, node, now))
    except (TypeError, ValueError, AttributeError):
        raise unexpected("GETJOB", reply) from None
    return entries
