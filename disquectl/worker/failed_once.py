"""Names the jobs that failed once and wait for their second attempt, in the name of a connection.

Disque counts a failure when the job is put back. Until then such a job looks like one that runs, and only the
worker knows. `dead failing` reads the names. The connection has no other use.
"""

from __future__ import annotations

from disquectl.protocol.worker_names import failed_name
from disquectl.worker.job import HELD, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.address import Node
    from disquectl.worker.job import Job

# How often the names can change, and after which time they are given again: a connection may be a new one.
_PAUSE_SECONDS = 1.0
_AGAIN_SECONDS = 10.0


class FailedOnce:
    """Remembers what the nodes were told. `host` and `pid` are those of the worker."""

    def __init__(self, host: bytes, pid: int) -> None:
        self._host = host
        self._pid = pid
        self._said: dict[Node, list[str]] = {}
        self._next = 0.0
        self._again = 0.0

    def requests(self, jobs: Iterable[Job], now: float) -> list[Request]:
        """What to tell the nodes about these jobs now."""
        if now < self._next:
            return []
        self._next = now + _PAUSE_SECONDS
        waiting: dict[Node, list[str]] = {}
        for job in jobs:
            if job.state == HELD and not job.nacks:
                waiting.setdefault(job.node, []).append(job.id)
        told = self._said
        if now >= self._again:
            self._again = now + _AGAIN_SECONDS
            told = {node: ids for node, ids in told.items() if node not in waiting}
        self._said = waiting
        nodes = [node for node in {**told, **waiting} if told.get(node) != waiting.get(node)]
        return [
            Request((b"CLIENT", b"SETNAME", failed_name(self._host, self._pid, waiting.get(node, []))), node)
            for node in nodes
        ]
