"""Takes jobs: which GETJOB to send to which node, and what its reply says about the next one.

Knows no processes: it is told how many jobs there is room for, and returns the jobs to run.
"""

from __future__ import annotations

from math import inf

from disquectl.errors import ReplyError
from disquectl.worker.affinity import NodeAffinity
from disquectl.worker.job import jobs_of
from disquectl.worker.rate import RateLimits
from disquectl.worker.scheduling import WeightedRoundRobin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol, TypeVar

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job, Request
    from disquectl.worker.lifecycle import JobLifecycle
    from disquectl.worker.log import Log
    from disquectl.worker.nodes import Nodes
    from disquectl.worker.plan import Plan

    class _IsDelivered(Protocol):
        @property
        def node_prefix(self) -> str: ...

        @property
        def raw_queue(self) -> bytes: ...

    _Delivered = TypeVar("_Delivered", bound=_IsDelivered)

# How long a GETJOB waits. A worker that ends waits for the reply: if it closed the connection instead, the
# node could still deliver a job to it.
_WAIT_MS = 1000
_SHORTEST_WAIT_MS = 100
_WAIT_SHARE_OF_THE_GRACE = 0.4
# With --burst: a single node knows at once that it has no job; in a cluster, others may send one meanwhile.
_BURST_WAIT_MS = {True: 1, False: 300}
_MAX_COUNT = 200
_PAUSE_SECONDS = 1.0
# With --rate: a request that only looks, and one until a limit lets the next job through.
_NO_WAIT_MS = 1
_SHORTEST_RATE_WAIT_MS = 10


class JobSource:
    """Create one for each run. Times are seconds on the worker's clock.

    taken  how many jobs were delivered
    """

    def __init__(self, plan: Plan, nodes: Nodes, lifecycle: JobLifecycle, log: Log, now: float) -> None:
        self._plan = plan
        self._nodes = nodes
        self._lifecycle = lifecycle
        self._log = log
        self._schedule = WeightedRoundRobin(plan.queues, plan.strict)
        self._affinity = NodeAffinity(now)
        self.taken = 0
        self._queues = {queue for queue, _ in plan.queues}
        self._limits = RateLimits(dict(plan.rates), now, plan.tokens) if plan.rates else None
        self._asks_limited = False
        # With --burst: the nodes that have had no job since a job last ran.
        self._without_jobs: set[Node] = set()
        self._pause_until = 0.0
        wait_ms = int(plan.grace * 1000 * _WAIT_SHARE_OF_THE_GRACE)
        self._wait_ms = min(max(wait_ms, _SHORTEST_WAIT_MS), _WAIT_MS)

    def ask(self, room: int, now: float, first: Sequence[Request] = ()) -> bool:
        """Send a GETJOB for up to `room` jobs, unless one is unanswered or nothing may be taken now.

        `first` are requests to the same node that go before it; returns whether they were sent.
        """
        count = min(room, _MAX_COUNT, self._left())
        if count <= 0 or self._nodes.getting or now < self._pause_until:
            return False
        wait_ms = _BURST_WAIT_MS[self._nodes.is_lone] if self._plan.burst else self._wait_ms
        closed = self._lifecycle.full_queues()
        if self._limits is not None:
            closed |= self._limits.closed_queues(now)
            closed, wait_ms = self._choose(closed, wait_ms, now)
            count = self._limits.room(self._queues - closed, now, count)
            if not count:
                return False
        names = self._schedule.names(count, closed)
        if not names:
            if self._limits is None or not self._limits.closed_queues(now):
                self._without_jobs |= self._nodes.up
            return False
        return self._nodes.get(
            (b"GETJOB", b"TIMEOUT", wait_ms, b"COUNT", count, b"WITHCOUNTERS", b"FROM", *names),
            wait_ms / 1000,
            first,
        )

    def next_deadline(self, now: float) -> float:
        """When a rate limit lets the next job through."""
        return inf if self._limits is None or self._nodes.getting else self._limits.next_at(now)

    def _choose(self, closed: set[bytes], wait_ms: int, now: float) -> tuple[set[bytes], int]:
        """With rate limits: return the queues to leave out, and how long to wait.

        A request that names a queue with a limit asks for few jobs, so every other one leaves such queues out
        and does not wait. With --strict, the order of the queues comes first.
        """
        assert self._limits is not None
        limited = self._limits.limited(self._queues - closed)
        self._asks_limited = not self._asks_limited
        if limited and self._queues - closed - limited and not self._plan.strict and not self._asks_limited:
            return closed | limited, _NO_WAIT_MS
        until_next = (
            max(int((self._limits.next_at(now) - now) * 1000), _SHORTEST_RATE_WAIT_MS) if closed else wait_ms
        )
        return closed, min(wait_ms, until_next)

    def received(self, request: Request, reply: Reply, now: float) -> list[Job]:
        """A node answered GETJOB; return the jobs to run. Raises NotDisque for a reply of another shape."""
        found = self.read(request, reply, now, jobs_of)
        # Take all before the first is started: whatever fails, they can be put back.
        return [job for job in found if self._lifecycle.take(job, now)]

    def read(
        self, request: Request, reply: Reply, now: float, parse: Callable[[Reply, Node], list[_Delivered]]
    ) -> list[_Delivered]:
        """A node answered GETJOB; return its jobs. Raises NotDisque for a reply of another shape."""
        if isinstance(reply, ReplyError):
            self._refused(reply, now)
            return []
        found = parse(reply, request.node)
        if self._plan.burst and not found:
            # A node asks other nodes for jobs only now and then, so each node is asked here.
            self._without_jobs.add(request.node)
            self._nodes.use_next()
        self._schedule.took(len(found))
        self.taken += len(found)
        if self._limits is not None:
            self._limits.take([job.raw_queue for job in found], now)
        self._affinity.add([job.node_prefix for job in found])
        better = self._affinity.better(self._nodes.current_prefix, now)
        if better:
            self._nodes.move_to(better)
        return found

    def tokens(self, now: float) -> list[float]:
        """Return the tokens of the rate limits, for a worker that replaces this one."""
        return [] if self._limits is None else self._limits.tokens(now)

    @property
    def is_limit_reached(self) -> bool:
        """Whether as many jobs were taken as --max-jobs says."""
        return self._left() <= 0

    @property
    def is_exhausted(self) -> bool:
        """With --burst: whether no node that answers has had a job since `job_ran` was called last.

        Nodes that failed do not count: two that fail slowly, in turn, would keep the worker from ending.
        """
        return not self._nodes.getting and self._nodes.responsive <= self._without_jobs

    def job_ran(self) -> None:
        """With --burst: a job ran, and may have added others. Ask all nodes again."""
        self._without_jobs.clear()

    def _left(self) -> int:
        return _MAX_COUNT if self._plan.max_jobs is None else self._plan.max_jobs - self.taken

    def _refused(self, error: ReplyError, now: float) -> None:
        if error.code == "LEAVING":
            self._nodes.avoid_current()
            return
        self._log.message(f"GETJOB was refused: {error.message}")
        self._pause_until = now + _PAUSE_SECONDS
