"""`DeliveredJob`: what a consumer knows of a job by its delivery. Base of the jobs that users get.

It sends nothing: `disquectl.library.job` adds how a client ends the job, `disquectl.jobs` is the job that a
function of `work --call` gets.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DeliveredJob:
    """A job as GETJOB delivers it.

    id                     the job's ID
    body                   its body, bytes
    nacks                  how often it failed before
    additional_deliveries  how often it was delivered again without a reported failure
    """

    __slots__ = ("_queue", "additional_deliveries", "body", "id", "nacks")

    def __init__(
        self, id: str, queue: bytes, body: bytes, nacks: int = 0, additional_deliveries: int = 0
    ) -> None:
        self.id = id
        self._queue = queue
        self.body = body
        self.nacks = nacks
        self.additional_deliveries = additional_deliveries

    @property
    def queue(self) -> str:
        """The queue that it was taken from, as text (bytes that are not UTF-8 as surrogates)."""
        return self._queue.decode("utf-8", "surrogateescape")

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1: one more than the failures that were reported by NACK."""
        return 1 + self.nacks

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body as a JSON value. Raises ValueError if it is not JSON."""
        import json

        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"Job({self.id!r}, queue={self.queue!r}, attempt={self.attempt})"
