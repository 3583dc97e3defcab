"""What a worker has done, by queue, as metrics of Prometheus. No sockets."""

from __future__ import annotations

from collections import Counter

from disquectl.health.metrics import MOST_QUEUES, Family, label, text
from disquectl.worker.job import RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from disquectl.worker.lifecycle import JobLifecycle
    from disquectl.worker.plan import Plan

    # Of a queue: jobs done, failed attempts, dead jobs, seconds of attempts; jobs that run and that are held.
    Numbers: TypeAlias = tuple[int, int, int, float, int, int]


class Figures:
    """Counts for each queue of the plan; of more than MOST_QUEUES the first have labels."""

    def __init__(self, plan: Plan) -> None:
        self._queues = list(dict.fromkeys(queue for queue, _ in plan.queues))[:MOST_QUEUES]
        self._done: Counter[bytes] = Counter()
        self._failed: Counter[bytes] = Counter()
        self._dead: Counter[bytes] = Counter()
        self._seconds: dict[bytes, float] = dict.fromkeys(self._queues, 0.0)

    def ended(self, queue: bytes, seconds: float, *, is_done: bool) -> None:
        """An attempt has ended, and took this long."""
        (self._done if is_done else self._failed)[queue] += 1
        self._seconds[queue] = self._seconds.get(queue, 0.0) + seconds

    def died(self, queue: bytes) -> None:
        """A job failed for good."""
        self._dead[queue] += 1

    def text(self, lifecycle: JobLifecycle) -> str:
        """Return the metrics in the text format."""
        running = Counter(job.queue for job in lifecycle.jobs.values() if job.state == RUNNING)
        return text_of(self.numbers(running, lifecycle.held))

    def numbers(self, running: Mapping[bytes, int], held: Mapping[bytes, int]) -> dict[bytes, Numbers]:
        """Return the numbers of each queue. `running`, `held`: how many jobs are, by queue."""
        return {
            name: (
                self._done[name],
                self._failed[name],
                self._dead[name],
                self._seconds[name],
                running.get(name, 0),
                held.get(name, 0),
            )
            for name in self._queues
        }


def added(several: Iterable[Mapping[bytes, Numbers]]) -> dict[bytes, Numbers]:
    """The sums of the numbers of several processes, queue by queue."""
    sums: dict[bytes, Numbers] = {}
    for numbers in several:
        for name, more in numbers.items():
            before = sums.get(name, (0, 0, 0, 0.0, 0, 0))
            sums[name] = tuple(map(sum, zip(before, more, strict=True)))  # type: ignore[assignment]
    return sums


def without_present(numbers: Mapping[bytes, Numbers]) -> dict[bytes, Numbers]:
    """What remains of a process that has ended: nothing runs there, and nothing is held."""
    return {
        name: (done, failed, dead, seconds, 0, 0)
        for name, (done, failed, dead, seconds, _, _) in numbers.items()
    }


def text_of(numbers: Mapping[bytes, Numbers]) -> str:
    """The metrics in the text format."""
    done = Family("disquectl_worker_jobs_done_total", "counter", "Jobs done since the worker started.")
    failed = Family("disquectl_worker_jobs_failed_total", "counter", "Failed attempts since the start.")
    dead = Family("disquectl_worker_jobs_dead_total", "counter", "Jobs that failed for good.")
    now = Family("disquectl_worker_running_jobs", "gauge", "Jobs in the worker's hands that run.")
    held = Family("disquectl_worker_held_jobs", "gauge", "Failed jobs held until their next attempt.")
    total = Family("disquectl_worker_job_seconds_sum", "counter", "Seconds that attempts took together.")
    count = Family("disquectl_worker_job_seconds_count", "counter", "Attempts whose seconds were summed.")
    for name, (jobs_done, attempts_failed, jobs_dead, seconds, jobs_running, jobs_held) in numbers.items():
        queue = label(name)
        done.add(jobs_done, queue=queue)
        failed.add(attempts_failed, queue=queue)
        dead.add(jobs_dead, queue=queue)
        now.add(jobs_running, queue=queue)
        held.add(jobs_held, queue=queue)
        total.add(round(seconds, 6), queue=queue)
        count.add(jobs_done + attempts_failed, queue=queue)
    return text([done, failed, dead, now, held, total, count])
