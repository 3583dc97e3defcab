"""A queue over all nodes: the sums of their replies to QSTAT. Pure.

There is one reply for each queue and node, so they are read without making a record of each.
"""

from __future__ import annotations

from disquectl.protocol.shapes import pairs, unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

    # A flat array of names and values, in the order of NAMES.
    Stat: TypeAlias = list[Any]

NAMES = (
    b"name",
    b"len",
    b"age",
    b"idle",
    b"blocked",
    b"import-from",
    b"import-rate",
    b"jobs-in",
    b"jobs-out",
    b"pause",
)
NAME, LENGTH, BLOCKED, JOBS_IN, JOBS_OUT, PAUSE = 1, 3, 9, 15, 17, 19

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
    counters           node -> its jobs_in and jobs_out; None if they are not kept by node
    seen_at            time of the last reply, in seconds of any clock
    """

    __slots__ = ("blocked", "counters", "jobs_in", "jobs_out", "length", "pauses", "seen_at")

    def __init__(self, by_node: bool = False) -> None:
        self.counters: dict[str, tuple[int, int]] | None = {} if by_node else None
        self.length = self.blocked = self.jobs_in = self.jobs_out = 0
        self.pauses: dict[str, str] = {}
        self.seen_at = 0.0

    def add(self, node: str, stat: Stat, seen_at: float) -> None:
        """Add the reply of one node to QSTAT. Raises NotDisque."""
        self.seen_at = seen_at
        try:
            self.length += stat[LENGTH]
            self.blocked += stat[BLOCKED]
            self.jobs_in += stat[JOBS_IN]
            self.jobs_out += stat[JOBS_OUT]
            self.pauses[node] = stat[PAUSE].decode()
            if self.counters is not None:
                self.counters[node] = (stat[JOBS_IN], stat[JOBS_OUT])
        except (TypeError, AttributeError, UnicodeDecodeError):
            raise unexpected("QSTAT", stat) from None

    def pause(self, nodes: Iterable[str]) -> str | dict[str, str]:
        """The state on which these nodes agree, else a dict by node; a node without the queue has `none`."""
        states = {node: self.pauses.get(node, "none") for node in nodes}
        different = set(states.values())
        return different.pop() if len(different) == 1 else states


def stat_of(reply: Reply) -> Stat | None:
    """A reply to QSTAT in the order of NAMES, or None for a queue that the node does not have.

    Fields that the server does not send are 0, or not paused. Raises NotDisque.
    """
    if reply is None:
        return None
    if not isinstance(reply, list):
        raise unexpected("QSTAT", reply)
    stat: Stat = reply
    if reply[0::2] != [*NAMES] or len(reply) != 2 * len(NAMES):
        given = {name.encode(): value for name, value in pairs("QSTAT", reply)}
        if b"name" not in given:
            raise unexpected("QSTAT", reply)
        stat = []
        for name in NAMES:
            stat += [name, given.get(name, b"none" if name == b"pause" else 0)]
    if type(stat[NAME]) is not bytes:
        raise unexpected("QSTAT", stat[NAME])
    return stat


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
    """The record of a queue. Without `counts`, it has only the queued jobs, which QSTAT returns."""
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
    """Jobs per second, in and out, between two measurements; 0 for a statistic that was reset."""
    seconds = after.seen_at - before.seen_at
    if seconds <= 0:
        return None
    return (
        round(max(after.jobs_in - before.jobs_in, 0) / seconds, 1),
        round(max(after.jobs_out - before.jobs_out, 0) / seconds, 1),
    )
