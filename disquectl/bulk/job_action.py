"""`JobAction`: what a command does to the jobs that it selects; `act_on_jobs` carries it out. A type only."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.bulk.summary import DoneJobs, JobResult
    from disquectl.errors import DisquectlError
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.merge.selected_jobs import Choice, SelectedJob
    from disquectl.spec.selection import Selection


class JobAction(Protocol):
    """What a command does to the jobs that it selects.

    name        of the command
    deed        completes "NAME ... N jobs": what it does to them
    states      the states of the jobs that it acts on
    batch_size  how many jobs it gets at a time, at most
    silent_note what to know about a node that did not answer
    failure     why it cannot go on, or None
    """

    name: str
    deed: str
    states: frozenset[str]
    batch_size: int
    silent_note: str
    failure: DisquectlError | None

    @property
    def pause_ms(self) -> float:
        """How long to wait before the next pass."""

    def warning(self, choice: Choice) -> str:
        """What to say before the question, apart from the numbers; "" for nothing."""

    def begin(self, search: JobSearch, selection: Selection) -> Iterable[list[JobResult] | DoneJobs]:
        """Do what needs no scan of all jobs, batch by batch.

        When `search.is_over()`, begin nothing new, and yield the results of what is in flight.
        """

    def act(self, search: JobSearch, jobs: list[SelectedJob]) -> list[JobResult]:
        """Act on a batch; return what became of each job, in this order."""

    def act_again(self, search: JobSearch) -> int | None:
        """Act on replicas of jobs that were done in an earlier pass and were found again.

        Return how many; None or 0 if another look for them is not needed.
        """
