"""A queue over all nodes: what QSTAT says at each of them, added up. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.shapes import Record

# One record of the command `queues`, in this order.
QUEUE_FIELDS = (
    "queue",
    "queued",
    "delayed",
    "in_flight",
    "acked",
    "oldest_age",
    "jobs_in",
    "jobs_out",
    "rate_in",
    "rate_out",
    "blocked",
    "pause",
    "nodes",
)


class QueueSum:
    """One queue at the nodes that have it: sums, and what differs by node.

    jobs_in, jobs_out  of all nodes; a job that moves between nodes counts at both
    pauses             node -> pause state; a node without the queue is not in it
    seen_at            when the last of them said so, in seconds of any clock
    """

    __slots__ = ("blocked", "jobs_in", "jobs_out", "length", "pauses", "seen_at")

    def __init__(self) -> None:
        self.length = self.blocked = self.jobs_in = self.jobs_out = 0
        self.pauses: dict[str, str] = {}
        self.seen_at = 0.0

    def add(self, node: str, stat: Record, seen_at: float) -> None:
        """What QSTAT says at one node."""
        self.seen_at = seen_at
        self.length += stat.get("len") or 0
        self.blocked += stat.get("blocked") or 0
        self.jobs_in += stat.get("jobs_in") or 0
        self.jobs_out += stat.get("jobs_out") or 0
        self.pauses[node] = stat.get("pause") or "none"

    def pause(self, nodes: Iterable[str]) -> str | dict[str, str]:
        """The state where all these nodes agree, else each one's; `none` at a node without the queue."""
        states = {node: self.pauses.get(node, "none") for node in nodes}
        different = set(states.values())
        return different.pop() if len(different) == 1 else states


def queue_record(
    queue: bytes,
    total: QueueSum,
    *,
    counts: dict[str, int] | None,
    oldest_age: int | None,
    rates: tuple[float, float] | None,
    answered: list[str],
    holders: list[str],
) -> Record:
    """The record of a queue. Without `counts`, only what QSTAT knows: queued jobs, and no others."""
    rate_in, rate_out = rates or (None, None)
    return {
        "queue": queue,
        "queued": total.length if counts is None else counts["queued"],
        "delayed": None if counts is None else counts["delayed"],
        "in_flight": None if counts is None else counts["in-flight"],
        "acked": None if counts is None else counts["acked"],
        "oldest_age": oldest_age,
        "jobs_in": total.jobs_in,
        "jobs_out": total.jobs_out,
        "rate_in": rate_in,
        "rate_out": rate_out,
        "blocked": total.blocked,
        "pause": total.pause(answered),
        "nodes": holders,
    }


def rates(before: QueueSum, after: QueueSum) -> tuple[float, float] | None:
    """Jobs a second, in and out, between two looks at a queue; a statistic that was reset gives 0."""
    seconds = after.seen_at - before.seen_at
    if seconds <= 0:
        return None
    return (
        round(max(after.jobs_in - before.jobs_in, 0) / seconds, 1),
        round(max(after.jobs_out - before.jobs_out, 0) / seconds, 1),
    )
