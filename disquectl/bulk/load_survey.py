"""Reads a dump before it is loaded: counts its jobs for the question, and finds those within --limit."""

from __future__ import annotations

from heapq import nsmallest

from disquectl.bulk.load_batches import LoadBatcher
from disquectl.bulk.summary import by_state
from disquectl.render.escape import for_terminal
from disquectl.render.human import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.bulk.load_plan import LoadPlan
    from disquectl.bulk.progress import Progress
    from disquectl.bulk.source import Source
    from disquectl.spec.selection import Selection

# Of lines that were not written by dump.
NO_STATE = "without a state"
# Less than the key of any line.
NONE_CHOSEN = (float("-inf"), 0)


class Survey:
    """Counts the jobs of the file that would be added, and finds the last one within --limit.

    counts  (queue, state) -> number of jobs
    others  what is not added: reason -> number of lines
    """

    def __init__(
        self, source: Source, plan: LoadPlan, selection: Selection, skip: int, progress: Progress
    ) -> None:
        """Read the source to its end; the first `skip` lines do not count."""
        self.counts: dict[tuple[bytes, str], int] = {}
        self.others: dict[str, int] = {}
        jobs = self._jobs(source, plan, skip, progress)
        if selection.limit is None:
            for _, queue, state in jobs:
                self._count(queue, state)
            return
        chosen = nsmallest(selection.limit, jobs)
        for _, queue, state in chosen:
            self._count(queue, state)
        plan.last_chosen = chosen[-1][0] if chosen else NONE_CHOSEN

    def _count(self, queue: bytes, state: str) -> None:
        key = (queue, state or NO_STATE)
        self.counts[key] = self.counts.get(key, 0) + 1

    def _jobs(
        self, source: Source, plan: LoadPlan, skip: int, progress: Progress
    ) -> Iterator[tuple[tuple[float, int], bytes, str]]:
        """The key, queue and state of each job that is to be added."""
        batcher = LoadBatcher(plan, skip=skip)
        for lines in source.chunks():
            for line in batcher.planned(lines or []):
                if line.kind is None:
                    yield line.key, line.job.queue or b"", line.job.traits.state
                elif line.reason:
                    self.others[line.reason] = self.others.get(line.reason, 0) + 1
            total = source.total_bytes
            progress.update(batcher.number, 0, min(source.bytes_read / total, 1.0) if total else None)
        progress.clear()

    def question(self, path: str, to: bytes | None) -> str:
        """What is asked: the number of jobs, by queue and state as in the file."""
        lines = [f"  {for_terminal(queue)}: {states}" for queue, states in by_state(self.counts)]
        if (more := len({queue for queue, _ in self.counts}) - len(lines)) > 0:
            lines.append(f"  and {counted(more, 'more queue')}")
        if self.others:
            others = ", ".join(f"{count:,} {reason}" for reason, count in self.others.items())
            lines.append(f"  not added: {others}")
        where = "" if to is None else f" to queue {for_terminal(to)}"
        total = counted(sum(self.counts.values()), "job")
        return "\n".join([f"load adds {total} of {for_terminal(path)}{where}:", *lines])
