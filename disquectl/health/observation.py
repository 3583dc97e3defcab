"""One look at a cluster, as data: its nodes, its queues, its jobs, and what could not be asked. Pure."""

from __future__ import annotations

from disquectl.merge.consumers import QueueWorkers
from disquectl.merge.nodes import NodeView
from disquectl.spec.queue_names import DEAD_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from disquectl.health.job_facts import Kind, Suspicion
    from disquectl.merge.queues import QueueSum
    from disquectl.protocol.shapes import Record

    # Why a node does not answer. "replaced": another node answers at its address.
    Reason = Literal["down", "password", "stranger", "replaced"]


class NodeFacts(NodeView):
    """What is known about one node, besides what a view has.

    reason    why it does not answer, None if it does; problem: the same in words
    later     `known` again at the end of the interval; None if it was not asked again
    settings  CONFIG GET: name -> value; the value of requirepass is secret
    slow      SLOWLOG GET, and events: LATENCY LATEST, as records
    """

    __slots__ = ("events", "later", "problem", "reason", "settings", "slow")

    def __init__(self, node_id: str, address: str) -> None:
        super().__init__(node_id, address)
        self.reason: Reason | None = None
        self.problem = ""
        self.later: list[Record] | None = None
        self.settings: dict[str, bytes] = {}
        self.slow: list[Record] = []
        self.events: list[Record] = []

    def figure(self, section: str, field: str) -> int | None:
        """A number of INFO; None if the node does not have it."""
        value = self._of(section, field)
        return value if isinstance(value, int) else None

    def word(self, section: str, field: str) -> str | None:
        """A word of INFO; None if the node does not have it."""
        value = self._of(section, field)
        return None if value is None else str(value)

    @property
    def aof_errors(self) -> dict[str, str]:
        """The kinds of writes to the append-only file that failed at last: field of INFO -> its word."""
        fields = ("aof_last_write_status", "aof_last_bgrewrite_status")
        states = {field: self.word("persistence", field) for field in fields}
        return {field: state for field, state in states.items() if state not in (None, "ok")}

    def setting(self, name: str) -> int | None:
        """A setting that is a number; None if it is not known."""
        value = self.settings.get(name, b"")
        return int(value) if value.isdigit() else None


def is_watched(queue: bytes, at_first: QueueSum) -> bool:
    """Whether what happens to a queue during the interval matters: it has jobs that consumers should take."""
    return at_first.length > 0 and DEAD_PREFIX not in queue


class QueueFacts:
    """What is known about one queue.

    samples     its sums over all nodes at several points of the interval, in order; empty if no node has it;
                only the first if it is not watched
    counts      jobs by state, each once
    oldest_age  age of the oldest queued job in seconds, None if none is queued
    retry       the retry time of that job in seconds, None if it is not known
    pause       the state on which the nodes agree, or a dict by node
    workers     the workers that have it in their names
    is_whole    whether all jobs were read; otherwise `counts` are too small
    """

    __slots__ = ("counts", "is_whole", "name", "oldest_age", "pause", "retry", "samples", "workers")

    def __init__(
        self,
        name: bytes,
        samples: list[QueueSum],
        *,
        counts: dict[str, int],
        oldest_age: int | None = None,
        retry: int | None = None,
        pause: str | dict[str, str] = "none",
        workers: QueueWorkers | None = None,
        is_whole: bool = True,
    ) -> None:
        self.name = name
        self.samples = samples
        self.counts = counts
        self.oldest_age = oldest_age
        self.retry = retry
        self.pause = pause
        self.workers = workers or QueueWorkers()
        self.is_whole = is_whole

    @property
    def queued(self) -> int:
        """Queued jobs; by QSTAT, which may count a job twice, if not all jobs were read."""
        if self.is_whole or not self.samples:
            return self.counts["queued"]
        return self.samples[-1].length

    @property
    def in_flight(self) -> int | None:
        """Jobs in flight; None if not all jobs were read."""
        return self.counts["in-flight"] if self.is_whole else None

    @property
    def waiting(self) -> int:
        """Clients that wait for its jobs."""
        return max((sample.blocked for sample in self.samples), default=0)

    @property
    def rate_out(self) -> float | None:
        """Jobs delivered per second in the interval; None if they were not measured."""
        return self._rate("jobs_out")

    @property
    def rate_in(self) -> float | None:
        """Jobs queued per second in the interval; None if they were not measured."""
        return self._rate("jobs_in")

    def _rate(self, field: str) -> float | None:
        if len(self.samples) < 2:
            return None
        first, last = self.samples[0], self.samples[-1]
        seconds = last.seen_at - first.seen_at
        if seconds <= 0:
            return None
        return float(max(getattr(last, field) - getattr(first, field), 0) / seconds)

    @property
    def consumers(self) -> int:
        """Workers that name it, and other clients that wait for its jobs.

        At least 1 if jobs were taken in the interval, or a worker may have it.
        """
        known = self.workers.named + max(self.waiting - self.workers.waiting, 0)
        return known or int(bool(self.rate_out) or self.workers.may_be_more)

    @property
    def is_dead_queue(self) -> bool:
        """Whether it has the dead letters of workers."""
        return DEAD_PREFIX in self.name

    @property
    def pauses(self) -> set[str]:
        """The states of its pause at all nodes."""
        return set(self.pause.values()) if isinstance(self.pause, dict) else {self.pause}


class Observation:
    """One look at a cluster.

    nodes      all nodes: those that answer, and those that others know
    queues     all queues
    jobs       the jobs that may be in trouble; see health.job_facts
    interval   seconds between the first and the last sample
    now_ms     when it was made, in ms since 1970 by our clock
    unchecked  what could not be asked, a line for each
    """

    __slots__ = ("interval", "jobs", "nodes", "now_ms", "queues", "unchecked")

    def __init__(self, now_ms: float = 0, interval: float = 0) -> None:
        self.nodes: list[NodeFacts] = []
        self.queues: list[QueueFacts] = []
        self.jobs: dict[Kind, Suspicion] = {}
        self.interval = interval
        self.now_ms = now_ms
        self.unchecked: list[str] = []

    @property
    def answering(self) -> list[NodeFacts]:
        """The nodes that answer."""
        return [node for node in self.nodes if node.answers]
