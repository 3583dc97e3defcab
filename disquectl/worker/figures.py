"""What a worker has done, by queue, as metrics of Prometheus. No sockets."""

from __future__ import annotations

from collections import Counter

from disquectl.health.metrics import MOST_QUEUES, Family, label, text
from disquectl.worker.job import RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.worker.lifecycle import JobLifecycle
    from disquectl.worker.plan import Plan


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
        done = Family("disquectl_worker_jobs_done_total", "counter", "Jobs done since the worker started.")
        failed = Family("disquectl_worker_jobs_failed_total", "counter", "Failed attempts since the start.")
        dead = Family("disquectl_worker_jobs_dead_total", "counter", "Jobs that failed for good.")
        now = Family("disquectl_worker_running_jobs", "gauge", "Jobs in the worker's hands that run.")
        held = Family("disquectl_worker_held_jobs", "gauge", "Failed jobs held until their next attempt.")
        total = Family("disquectl_worker_job_seconds_sum", "counter", "Seconds that attempts took together.")
        count = Family("disquectl_worker_job_seconds_count", "counter", "Attempts whose seconds were summed.")
        for name in self._queues:
            queue = label(name)
            done.add(self._done[name], queue=queue)
            failed.add(self._failed[name], queue=queue)
            dead.add(self._dead[name], queue=queue)
            now.add(running[name], queue=queue)
            held.add(lifecycle.held[name], queue=queue)
            total.add(round(self._seconds[name], 6), queue=queue)
            count.add(self._done[name] + self._failed[name], queue=queue)
        return text([done, failed, dead, now, held, total, count])
