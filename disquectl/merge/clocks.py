"""The clocks of the nodes: how far they are ahead of ours. Pure: the times are passed in."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record

PREFIX = 8


def skew_ms(reply: Record, asked_ms: float, answered_ms: float) -> float:
    """How far a node's clock is ahead in ms, from its reply to TIME and our clock before and after."""
    node_ms: float = reply["seconds"] * 1000 + reply["microseconds"] / 1000
    return node_ms - (asked_ms + answered_ms) / 2


class Clocks:
    """Milliseconds by which the clocks of nodes are ahead of ours; 0 for a node that has not answered."""

    __slots__ = ("_ahead_ms",)

    def __init__(self) -> None:
        self._ahead_ms: dict[bytes, float] = {}

    def add(self, node_id: str, ahead_ms: float) -> None:
        """Add the result of skew_ms for one node; of several, the largest: a late reply makes it smaller."""
        key = node_id[:PREFIX].encode()
        self._ahead_ms[key] = max(ahead_ms, self._ahead_ms.get(key, ahead_ms))

    def of_maker(self, job_id: bytes) -> float:
        """How far the clock of the node that created the job is ahead, in ms; the job ID names that node."""
        return self._ahead_ms.get(job_id[2 : 2 + PREFIX], 0.0)

    def ahead_of(self, node_id: str) -> float:
        """How far the clock of a node is ahead, in ms."""
        return self._ahead_ms.get(node_id[:PREFIX].encode(), 0.0)

    @property
    def least_ahead_ms(self) -> float:
        """By how much the slowest clock is ahead; negative for a clock that is behind ours."""
        return min(self._ahead_ms.values(), default=0.0)

    @property
    def most_ahead_ms(self) -> float:
        """By how much the fastest clock is ahead; negative if all are behind ours."""
        return max(self._ahead_ms.values(), default=0.0)

    def created_ms(self, job_id: bytes, ctime_ns: int) -> float:
        """When a job was created, in ms since 1970 by our clock."""
        return ctime_ns / 1_000_000 - self.of_maker(job_id)

    def age_ms(self, job_id: bytes, ctime_ns: int, now_ms: float) -> float:
        """The age of a job in ms, when our clock says `now_ms`."""
        return max(now_ms - self.created_ms(job_id, ctime_ns), 0.0)
