"""A place for processes, one after the other, and what is left there of the limits of the worker. Pure.

A process that is replaced may go on for a while: it takes no more jobs, but its functions run on. The places
share --max-jobs, --rate and --hold; --max-time and -c hold for a place as for a single process. Jobs that a
process has taken count for --max-jobs, also those that it did not finish.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disquectl.client.address import Node
    from disquectl.worker.plan import Plan

# A process that ended unexpectedly is started again after this long, doubled each time up to the most.
_AGAIN_SECONDS, _AGAIN_MOST_SECONDS = 1.0, 30.0


class Place:
    """`plan` is the share of one place. Times are seconds on the worker's clock.

    due  when to start another process here; infinity: not
    """

    def __init__(self, plan: Plan) -> None:
        self.due = inf
        self._plan = plan
        self._taken = 0
        self._tokens: tuple[float, ...] | None = None
        self._until = inf
        self._node: Node | None = None
        self._pause = _AGAIN_SECONDS / 2

    def begin(self, now: float) -> None:
        """The worker begins now: its time does not start again for another process."""
        if self._plan.max_time is not None:
            self._until = min(self._until, now + self._plan.max_time)

    def took(self, jobs: int, tokens: Sequence[float] = (), node: Node | None = None) -> None:
        """A process takes no more jobs: it took this many, and left these tokens of its rates.

        `node` is where it took them last.
        """
        self._taken += jobs
        self._tokens = tuple(tokens) or None
        self._node = node or self._node

    def next_plan(self, now: float) -> Plan | None:
        """Return the plan of the next process; None if there is nothing left to do."""
        most, seconds = self._plan.max_jobs, self._plan.max_time
        if most is not None:
            most -= self._taken
        if seconds is not None:
            seconds = min(seconds, self._until - now)
        if (most is not None and most <= 0) or (seconds is not None and seconds <= 0):
            return None
        return replace(self._plan, max_jobs=most, max_time=seconds, tokens=self._tokens)

    def seeds(self, seeds: Sequence[Node]) -> tuple[Node, ...]:
        """Return the nodes for the next process: first the one where the last process took jobs."""
        return tuple(dict.fromkeys([*([self._node] if self._node is not None else []), *seeds]))

    def limit(self, running: Iterable[int]) -> int:
        """Return how many functions a process may run at a time.

        `running`: how many jobs each of the processes has that it replaces.
        """
        return max(self._plan.concurrency - sum(running), 0)

    def start_later(self, began: float, now: float) -> float:
        """A process that began then has ended unexpectedly: return how many seconds later the next is due."""
        self._pause = _AGAIN_SECONDS if now - began > _AGAIN_MOST_SECONDS else self._pause * 2
        self._pause = min(self._pause, _AGAIN_MOST_SECONDS)
        self.due = now + self._pause
        return self._pause
