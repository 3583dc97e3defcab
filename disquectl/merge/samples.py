"""What the nodes said of themselves and of their queues at the last two samples, and the rates between. Pure.

Times are in monotonic seconds and are passed in. A rate is the difference of a counter over the real time
between two samples of the same node. After a restart, or where a counter went back, there is no rate.
"""

from __future__ import annotations

from disquectl.merge.queues import BLOCKED, JOBS_IN, JOBS_OUT, LENGTH, PAUSE
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.merge.queues import Stat
    from disquectl.protocol.shapes import Record

IMPORT_RATE = 13


class QueueAtNode:
    """One queue at one node.

    rate_in, rate_out  jobs per second between the last two samples; None without two that can be compared
    imported           of rate_in, the jobs that came from other nodes, as far as the node knows
    at                 time of the last sample
    """

    __slots__ = (
        "at",
        "blocked",
        "imported",
        "jobs_in",
        "jobs_out",
        "length",
        "out_rose_at",
        "pause",
        "rate_in",
        "rate_out",
    )

    def __init__(self) -> None:
        self.length = self.blocked = self.jobs_in = self.jobs_out = 0
        self.pause = "none"
        self.at: float | None = None
        self.rate_in: float | None = None
        self.rate_out: float | None = None
        self.imported = 0.0
        self.out_rose_at: float | None = None

    def update(self, stat: Stat | None, at: float) -> None:
        """Take a sample; None: the node does not have the queue. Raises NotDisque."""
        jobs_in, jobs_out, imported = self.jobs_in, self.jobs_out, 0
        try:
            if stat is None:
                self.length = self.blocked = self.jobs_in = self.jobs_out = 0
                self.pause = "none"
            else:
                self.length, self.blocked = stat[LENGTH] + 0, stat[BLOCKED] + 0
                self.jobs_in, self.jobs_out, imported = (
                    stat[JOBS_IN] + 0,
                    stat[JOBS_OUT] + 0,
                    stat[IMPORT_RATE] + 0,
                )
                self.pause = stat[PAUSE].decode()
        except (TypeError, AttributeError, UnicodeDecodeError):
            raise unexpected("QSTAT", stat) from None
        before, self.at = self.at, at
        if before is None or at <= before or self.jobs_in < jobs_in or self.jobs_out < jobs_out:
            self.rate_in = self.rate_out = None
            self.imported = 0.0
            return
        self.rate_in = (self.jobs_in - jobs_in) / (at - before)
        self.rate_out = (self.jobs_out - jobs_out) / (at - before)
        self.imported = min(float(imported), self.rate_in)
        if self.jobs_out > jobs_out:
            self.out_rose_at = at

    def forget_counters(self) -> None:
        """Compare nothing with the last sample: the node has restarted."""
        self.at = self.rate_in = self.rate_out = None
        self.imported = 0.0
        self.jobs_in = self.jobs_out = 0


class NodeSamples:
    """One node.

    info        its last INFO
    maxmemory   its limit in bytes, once known
    is_up       whether it answers
    problem     why it does not, else ""
    consumed    the queues that its workers name
    """

    __slots__ = (
        "_blocked_elsewhere",
        "_waiting",
        "consumed",
        "info",
        "is_up",
        "maxmemory",
        "name",
        "node_id",
        "problem",
        "queues",
        "restarted",
    )

    def __init__(self, node_id: str, name: str) -> None:
        self.node_id = node_id
        self.name = name
        self.info: Record = {}
        self.maxmemory: int | None = None
        self.is_up = False
        self.problem = ""
        self.restarted = True
        self.queues: dict[bytes, QueueAtNode] = {}
        self.consumed: frozenset[bytes] = frozenset()
        self._waiting: int | None = None
        self._blocked_elsewhere = 0

    @property
    def waiting(self) -> int | None:
        """The clients that wait in GETJOB; None if that is not known.

        INFO also counts those that wait in ADDJOB: where clients are listed seldom, as many as the last time.
        """
        if self._waiting is not None:
            return self._waiting
        blocked = self.number("clients", "blocked_clients")
        return max(blocked - self._blocked_elsewhere, 0) if isinstance(blocked, int) else None

    def add_clients(self, waiting: int, elsewhere: int) -> None:
        """Take how many clients wait in GETJOB, and in other commands, since the last INFO."""
        self._waiting, self._blocked_elsewhere = waiting, elsewhere

    def add_info(self, info: Record) -> None:
        """Take an INFO; one with another run_id is of a node that has restarted."""
        before = self.number("server", "run_id")
        self.info = info
        self._waiting = None
        self.restarted = before != self.number("server", "run_id")
        if self.restarted:
            for queue in self.queues.values():
                queue.forget_counters()

    def add_stat(self, name: bytes, stat: Stat | None, at: float) -> None:
        """Take a reply to QSTAT. Raises NotDisque."""
        queue = self.queues.get(name)
        if queue is None:
            queue = self.queues[name] = QueueAtNode()
        queue.update(stat, at)

    def number(self, section: str, field: str) -> object:
        """A field of INFO; None if there is none."""
        fields: Record = self.info.get(section, {})
        return fields.get(field)


class QueueTotal:
    """One queue, or several, over all nodes; rates are None where a node has none."""

    __slots__ = ("at", "blocked", "length", "out_rose_at", "pauses", "rate_in", "rate_out")

    def __init__(self) -> None:
        self.length = self.blocked = 0
        self.rate_in: float | None = 0.0
        self.rate_out: float | None = 0.0
        self.pauses: set[str] = set()
        self.at: float | None = None
        self.out_rose_at: float | None = None

    def add(self, queue: QueueAtNode) -> None:
        """Add what one node has. A job that moves between nodes counts as in and out once, not at each."""
        self.length += queue.length
        self.blocked += queue.blocked
        self.pauses.add(queue.pause)
        if queue.at is not None:
            self.at = queue.at if self.at is None else min(self.at, queue.at)
        if queue.out_rose_at is not None:
            self.out_rose_at = max(queue.out_rose_at, self.out_rose_at or 0.0)
        if queue.rate_in is None or queue.rate_out is None:
            self.rate_in = self.rate_out = None
        elif self.rate_in is not None and self.rate_out is not None:
            self.rate_in += queue.rate_in - queue.imported
            self.rate_out += queue.rate_out - queue.imported

    def rates(self) -> tuple[float | None, float | None]:
        """Jobs per second, in and out, to one decimal."""
        if self.rate_in is None or self.rate_out is None:
            return None, None
        return round(max(self.rate_in, 0.0), 1), round(max(self.rate_out, 0.0), 1)

    def pause(self) -> str:
        """The pause state; `in`, `out` and so on joined where the nodes differ."""
        return ",".join(sorted(self.pauses - {"none"})) or "none"


class ClusterSamples:
    """All nodes, by their IDs."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeSamples] = {}

    def up(self) -> list[NodeSamples]:
        """The nodes that answer."""
        return [node for node in self.nodes.values() if node.is_up]

    def queue_names(self) -> Iterator[bytes]:
        """Each queue once."""
        return iter(dict.fromkeys(name for node in self.up() for name in node.queues))

    def queue(self, name: bytes) -> QueueTotal:
        """One queue at the nodes that answer."""
        total = QueueTotal()
        for node in self.up():
            if (queue := node.queues.get(name)) is not None:
                total.add(queue)
        return total

    def total(self, names: Iterable[bytes] | None = None) -> Record:
        """Sums over all nodes that answer, and over these queues; None: all.

        Figures are None if no node answers. Without `names`, `waiting` counts each client once, and queues
        that were found since the last sample do not count in the rates.
        """
        up = self.up()
        total = QueueTotal()
        wanted = None if names is None else set(names)
        for node in up:
            for name, queue in node.queues.items():
                if wanted is not None and name not in wanted:
                    continue
                if queue.rate_in is None and not node.restarted:
                    total.length += queue.length
                    total.blocked += queue.blocked
                else:
                    total.add(queue)
            if node.restarted:
                total.rate_in = total.rate_out = None
        rate_in, rate_out = total.rates()
        found = self.figures(total.length, rate_in, rate_out)
        if wanted is not None and up:
            found["waiting"] = total.blocked
        return found

    def figures(self, queued: int, rate_in: float | None, rate_out: float | None) -> Record:
        """These figures of queues with those of the nodes; None if no node answers."""
        up = self.up()
        return {
            "nodes": len(up),
            "queued": queued if up else None,
            "rate_in": rate_in if up else None,
            "rate_out": rate_out if up else None,
            "waiting": sum(waiting) if (waiting := _known(node.waiting for node in up)) else None,
            "clients": _sum(up, "clients", "connected_clients"),
            "memory": _sum(up, "memory", "used_memory"),
        }


def _sum(nodes: list[NodeSamples], section: str, field: str) -> int | None:
    known = _known(node.number(section, field) for node in nodes)
    return sum(known) if known else None


def _known(values: Iterable[object]) -> list[int]:
    return [value for value in values if isinstance(value, int)]
