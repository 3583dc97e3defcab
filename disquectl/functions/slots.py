"""Runs Python functions for the worker, in threads or in an event loop: the counterpart of its processes.

Jobs that have not ended soon after their delivery are kept by WORKING, whether their functions run or wait.
A thread cannot be ended: if a function takes too long, its job fails, and this process takes no more jobs and
is replaced.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from math import inf

from disquectl.functions.entry import Entry
from disquectl.functions.prefetch import Prefetch
from disquectl.functions.results import Results
from disquectl.functions.threads import Threads
from disquectl.worker.child import KILL_AFTER_SECONDS, WORKER_ENDS, not_begun_by_the_end
from disquectl.worker.job import Failure
from disquectl.worker.poller import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from disquectl.client.address import Node
    from disquectl.functions.runner import Runner
    from disquectl.functions.target import Target
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan
    from disquectl.worker.poller import Poller

# Most jobs are done by then. Those that are not become jobs of the lifecycle, which sends WORKING.
_SOON_SECONDS = 0.01
TOOK_TOO_LONG = "it took longer than --timeout"


class Functions:
    """Has the methods of worker.slots.Slots, and `start_all` for many jobs at a time.

    Calls `ended(entries)` when functions have ended, `slow(entry)` for a job that is not done soon, and
    `working(entry)` when a function says that it makes progress, `stuck()` when one cannot be ended.
    """

    def __init__(
        self,
        plan: Plan,
        target: Target,
        poller: Poller,
        *,
        ended: Callable[[Sequence[Entry]], object],
        slow: Callable[[Entry], object],
        working: Callable[[Entry], object],
        stuck: Callable[[], object],
    ) -> None:
        self._plan = plan
        self._poller = poller
        self._ended = ended
        self._slow_callback = slow
        self._working_callback = working
        self._stuck_callback = stuck
        self._results = Results()
        self._prefetch = Prefetch()
        self._most = 0
        # Jobs that run or wait here, by ID: those that were just delivered, and the others.
        self._fresh: dict[str, Entry] = {}
        self._slow: dict[str, Entry] = {}
        # Jobs whose functions have passed their time limit, and until when these may end.
        self._overdue: dict[Entry, float] = {}
        self._progress: list[Entry] = []
        # Those whose functions were cancelled because the worker ends.
        self._interrupted: set[Entry] = set()
        self._expire_at = inf
        self._is_stuck = False
        self._runner: Runner
        poller.set(self._results.fd, READ, lambda _: self._results.clear())
        if target.is_async:
            from disquectl.functions.event_loop import EventLoop

            self._runner = EventLoop(target.call, self._results, plan.backtrace)
        else:
            self._runner = Threads(target.call, self._results, plan.backtrace)

    def set_limit(self, most: int) -> None:
        """Run up to this many functions at a time: more than before, and none before this is called."""
        self._most = most
        self._runner.set_limit(most)

    @property
    def free(self) -> int:
        """How many more jobs to take: those that can begin now, and those that soon can."""
        most = self._most
        if self._is_stuck or not most:
            return 0
        busy_for = 0.0
        if len(self._slow) >= most:
            busy_for = time.monotonic() - max(entry.started for entry in self._slow.values())
        return max(most + self._prefetch.in_advance(most, busy_for) - self.running, 0)

    @property
    def running(self) -> int:
        """How many jobs run or wait here."""
        return len(self._fresh) + len(self._slow)

    @property
    def alive(self) -> int:
        """There are no processes to wait for."""
        return 0

    @property
    def next_deadline(self) -> float:
        """When `tick` has something to do."""
        soon = inf
        if self._fresh:
            soon = next(iter(self._fresh.values())).taken + _SOON_SECONDS
        return min(soon, self._expire_at, self._runner.next_deadline)

    def by_queue(self) -> Counter[bytes]:
        """How many jobs of each queue are here."""
        return Counter(entry.raw_queue for some in (self._fresh, self._slow) for entry in some.values())

    def has(self, job_id: str) -> Entry | None:
        """Return the job of this ID, if it runs or waits here."""
        return self._fresh.get(job_id) or self._slow.get(job_id)

    def fresh(self, node: Node | None = None) -> list[Entry]:
        """Return those that the lifecycle does not keep yet: of this node, or all. From now on it does."""
        found = [entry for entry in self._fresh.values() if node is None or entry.node == node]
        for entry in found:
            del self._fresh[entry.id]
            self._add_slow(entry, time.monotonic())
        return found

    def start_all(self, entries: Sequence[Entry], now: float) -> None:
        """Call the function for these jobs."""
        for entry in entries:
            entry.progress = self._note_progress
            if entry.custody is None:
                self._fresh[entry.id] = entry
            else:
                self._add_slow(entry, now)
        self._runner.start(entries, now)

    def start(self, job: Job, now: float) -> None:
        """Call the function for a job that the lifecycle keeps already."""
        entry = Entry(job.queue, job.id, job.body, job.nacks, job.additional_deliveries, job.node, now)
        entry.custody = job
        self.start_all([entry], now)

    def _note_progress(self, entry: Entry) -> None:
        self._progress.append(entry)
        self._results.wake()

    def reap(self) -> None:
        """Handle the functions that have ended."""
        done = self._results.take()
        if done:
            fresh, slow, seconds = self._fresh, self._slow, 0.0
            for entry in done:
                seconds += entry.seconds
                if entry in self._interrupted and entry.failure is not None:
                    entry.failure.interrupted = entry.failure.why == WORKER_ENDS
                if fresh.pop(entry.id, None) is None:
                    slow.pop(entry.id, None)
                    self._overdue.pop(entry, None)
            self._prefetch.ended(len(done), seconds)
            self._give([entry for entry in done if not entry.ended])
        while self._progress:
            entry = self._progress.pop()
            if not entry.ended:
                entry.started = time.monotonic()
                self._fresh.pop(entry.id, None)
                self._slow[entry.id] = entry
                self._working_callback(entry)

    def _give(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            entry.ended = True
        self._ended(entries)

    def tick(self, now: float) -> None:
        """Keep jobs that are not done soon, let waiting ones begin, and apply the time limit."""
        self._runner.tick(now)
        while self._fresh:
            entry = next(iter(self._fresh.values()))
            if now - entry.taken < _SOON_SECONDS:
                break
            del self._fresh[entry.id]
            self._add_slow(entry, now)
            self._slow_callback(entry)
        if now >= self._expire_at:
            self._expire(now)

    def _add_slow(self, entry: Entry, now: float) -> None:
        self._slow[entry.id] = entry
        if self._plan.timeout is not None:
            self._expire_at = min(self._expire_at, (entry.started or now) + self._plan.timeout)

    def _expire(self, now: float) -> None:
        """Fail the jobs whose functions have taken too long."""
        assert self._plan.timeout is not None
        for entry in list(self._slow.values()):
            if not entry.started or now - entry.started < self._plan.timeout or entry in self._overdue:
                continue
            if self._runner.cancel(entry, TOOK_TOO_LONG):
                self._overdue[entry] = now + KILL_AFTER_SECONDS
            else:
                self._overdue[entry] = now
        for entry, until in list(self._overdue.items()):
            if now >= until:
                self._give_up(entry)
        self._expire_at = min(
            min(((one.started or now) + self._plan.timeout for one in self._running()), default=inf),
            min(self._overdue.values(), default=inf),
        )

    def _running(self) -> list[Entry]:
        return [entry for entry in self._slow.values() if entry not in self._overdue]

    def _give_up(self, entry: Entry) -> None:
        """Its function cannot be ended: the job has failed, and this process is to be replaced."""
        where = f"{self._runner.where(entry)}".rstrip("\n")
        lines = where.split("\n")[-self._plan.backtrace :] if self._plan.backtrace else []
        entry.failure = Failure(None, None, "\n".join(lines).encode(), time.time(), why=TOOK_TOO_LONG)
        entry.seconds = time.monotonic() - entry.started
        self._overdue.pop(entry, None)
        self._slow.pop(entry.id, None)
        self._is_stuck = True
        self._give([entry])
        self._stuck_callback()

    # The end of the worker

    def end(self) -> None:
        """The worker ends: jobs that wait go back, and tasks are cancelled. Threads go on until `abandon`."""
        interrupted = self._runner.take_waiting()
        for entry in interrupted:
            entry.failure = not_begun_by_the_end()
            self._fresh.pop(entry.id, None)
            self._slow.pop(entry.id, None)
        self._give(interrupted)
        for entry in (*self._fresh.values(), *self._slow.values()):
            self._interrupted.add(entry)
            self._runner.cancel(entry, WORKER_ENDS)

    def abandon(self) -> None:
        """The process is about to end: all jobs that still run go back."""
        self.reap()
        left = [*self._fresh.values(), *self._slow.values()]
        self._fresh.clear()
        self._slow.clear()
        for entry in left:
            entry.failure = not_begun_by_the_end()
        self._is_stuck = self._is_stuck or bool(left)
        self._give(left)

    def children(self) -> Iterator[AllFunctions]:
        """Yield what stands for all functions that run."""
        if self.running:
            yield AllFunctions(self, None)

    def slots(self) -> Iterator[AllFunctions]:
        """Yield nothing: no stderr of a process has to be read."""
        yield from ()

    def running_since(self) -> Iterator[tuple[AllFunctions, float]]:
        """Yield those that have begun, and since when."""
        for entry in (*self._fresh.values(), *self._slow.values()):
            if entry.started:
                yield AllFunctions(self, entry.custody or entry.as_job()), entry.started

    def postpone(self, seconds: float) -> None:
        """Extend the time limits."""
        for entry in self._slow.values():
            if entry.started:
                entry.started += seconds
        self._expire_at += seconds

    def close_stdin(self) -> None:
        """Nothing to do: no process waits for another job."""

    def close(self) -> None:
        """Let idle threads end."""
        self._poller.drop(self._results.fd)
        self._runner.close()
        self._results.close()


class AllFunctions:
    """The functions that run, as something that can be sent signals; `job` is one of their jobs."""

    def __init__(self, functions: Functions, job: Job | None) -> None:
        self.pid = os.getpid()
        self.job = job
        self._functions = functions

    def signal(self, number: int) -> None:
        """Give the jobs back at KILL; this process stops and continues by itself."""
        if number == signal.SIGKILL:
            self._functions.abandon()

    def postpone(self, seconds: float) -> None:
        """Extend the time limits."""
        self._functions.postpone(seconds)

    def set_reading(self, on: bool = True) -> None:
        """Nothing to do: its stderr is not read here."""
