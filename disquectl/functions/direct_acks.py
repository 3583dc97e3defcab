"""Jobs that are done soon after their delivery: acknowledges many at a time, with the next GETJOB. Pure.

The rules are those of worker.acknowledge: a job is acknowledged at the node that delivered it, and only if
that node surely has it. So this is for jobs that were delivered within the last second, on a connection to
their node that was not lost since. All others go to the worker's lifecycle, which asks first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from disquectl.worker.job import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.client.address import Node
    from disquectl.functions.entry import Entry

# For how long a node surely has a job that it delivered.
SURELY_SECONDS = 1.0
_IDS_IN_A_REQUEST = 1000


@dataclass(slots=True)
class DirectAck(Request):
    """An ACKJOB for `entries`."""

    entries: list[Entry] = field(default_factory=list)


class DirectAcks:
    """The jobs that are done and not acknowledged yet: not sent, or sent and not answered."""

    def __init__(self) -> None:
        self._done: list[Entry] = []
        # By identity: two requests are never the same.
        self._unanswered: dict[int, DirectAck] = {}

    def __bool__(self) -> bool:
        return bool(self._done or self._unanswered)

    @property
    def has_requests(self) -> bool:
        """Whether there is something to send."""
        return bool(self._done)

    def add(self, entries: Sequence[Entry], now: float) -> list[Entry]:
        """Add jobs that are done; return those whose nodes may have lost them, which are not added."""
        latest = now - SURELY_SECONDS
        sure = [entry for entry in entries if entry.taken > latest]
        self._done += sure
        return [] if len(sure) == len(entries) else [one for one in entries if one.taken <= latest]

    def has(self, job_id: str) -> bool:
        """Whether this job is one of them. This looks at each, so ask only about jobs delivered again."""
        return any(entry.id == job_id for entry in self._done) or any(
            entry.id == job_id for request in self._unanswered.values() for entry in request.entries
        )

    def requests(self) -> list[DirectAck]:
        """Return the requests to send now, each once."""
        by_node: dict[Node, list[Entry]] = {}
        home: Node | None = None
        some: list[Entry] = []
        for entry in self._done:
            if entry.node is not home:
                home = entry.node
                some = by_node.setdefault(home, [])
            some.append(entry)
        self._done = []
        requests = [
            DirectAck((b"ACKJOB", *[entry.id for entry in batch]), node, entries=batch)
            for node, there in by_node.items()
            for batch in (there[i : i + _IDS_IN_A_REQUEST] for i in range(0, len(there), _IDS_IN_A_REQUEST))
        ]
        self._unanswered |= {id(request): request for request in requests}
        return requests

    def answered(self, request: DirectAck) -> None:
        """It needs no more attention here."""
        self._unanswered.pop(id(request), None)

    def take_unsent(self, node: Node | None = None) -> list[Entry]:
        """Return, and forget, those that were not sent yet: of this node, or all."""
        taken = [entry for entry in self._done if node is None or entry.node == node]
        self._done = [entry for entry in self._done if node is not None and entry.node != node]
        return taken

    def take_unanswered(self) -> list[DirectAck]:
        """Return, and forget, those that were sent and not answered."""
        taken, self._unanswered = list(self._unanswered.values()), {}
        return taken
