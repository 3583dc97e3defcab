"""What the worker needs from whatever runs its jobs: processes, handlers that stay, Python functions.

Types only.
"""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from disquectl.worker.job import Job


class Running(Protocol):
    """Something that runs a job, and can be sent signals."""

    pid: int
    job: Job | None

    def signal(self, number: int) -> None:
        """Send it a signal."""

    def postpone(self, seconds: float) -> None:
        """Extend its time limit."""

    def set_reading(self, on: bool = True) -> None:
        """Read its stderr, or stop reading, so that its writes block."""


class Slots(Protocol):
    """Runs jobs, and calls back with what became of each."""

    @property
    def free(self) -> int:
        """How many more jobs can be started."""

    @property
    def running(self) -> int:
        """How many jobs run or wait here."""

    @property
    def alive(self) -> int:
        """How many processes there are."""

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""

    def start(self, job: Job, now: float) -> None:
        """Run this job."""

    def reap(self) -> None:
        """Handle what has ended."""

    def tick(self, now: float) -> None:
        """Apply time limits."""

    def end(self) -> None:
        """The worker ends: ask everything that runs to end."""

    def children(self) -> Iterable[Running]:
        """Those that run."""

    def slots(self) -> Iterable[Running]:
        """All of them."""

    def running_since(self) -> Iterator[tuple[Running, float]]:
        """Yield those that have a job, and since when."""

    def close_stdin(self) -> None:
        """There are no more jobs."""

    def close(self) -> None:
        """Close all descriptors."""
