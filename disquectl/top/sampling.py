"""Samples of the cluster as snapshots, tick by tick; between two ticks the jobs are scanned in slices.

Used by the live screen, in a separate thread, and by `top -b`.
"""

from __future__ import annotations

import gc
import threading
import time
from dataclasses import replace
from functools import partial

from disquectl.errors import DisquectlError
from disquectl.fanout.close_look import JobLook, QueueLook
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.sampler import FIRST_SECONDS, Sampler
from disquectl.merge.sampling_plan import SELDOM, NodePlan
from disquectl.programs.stat import LATE_SECONDS, PATIENCE_SECONDS
from disquectl.spec.queue_patterns import QueueWords
from disquectl.top.dead_look import DeadLook
from disquectl.top.model import EMPTY, Model, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from disquectl.execution.session import Session
    from disquectl.fanout.job_slices import JobPass
    from disquectl.spec.parameters import Values, Words
    from disquectl.top.choice import Opened
    from disquectl.top.model import Examined


# Thresholds of garbage collection: seldom enough to cost little, often enough not to hold up a key.
SELDOM_COLLECTED = (10_000, 50, 50)
# What a page of a scan costs the node.
_SELDOM: tuple[Words, ...] = ([b"INFO", b"commandstats"],)


class TopSampler:
    """A context manager that closes the connections. `on_screen`: queues that are asked for at each tick."""

    def __init__(self, session: Session, values: Values, seconds: float) -> None:
        self._seconds = seconds
        self._queues = QueueWords(values.get("queue", ()))
        timeout = min(PATIENCE_SECONDS, session.settings.response_timeout_ms / 1000)
        plan = partial(NodePlan, seconds, wants=self._queues.wants, seldom=(*SELDOM, *_SELDOM))
        self.sampler = Sampler(session.impatient_client(timeout), plan, discover="seeds_only" not in values)
        self._model = Model(self._queues.wants)
        self._collecting = gc.get_threshold()
        self.on_screen: tuple[bytes, ...] = ()
        self._of_queue: QueueLook | None = None  # kept while one of its jobs is looked at

    def __enter__(self) -> Self:
        # Each tick makes hundreds of thousands of objects without cycles; searching them takes long.
        self._collecting = gc.get_threshold()
        gc.set_threshold(*SELDOM_COLLECTED)
        return self

    def __exit__(self, *_: object) -> None:
        gc.set_threshold(*self._collecting)
        self.sampler.cluster.close()

    def first(self) -> Snapshot:
        """Find the nodes and their queues; the rates are not known yet."""
        if self._queues.open:
            settle_queues(self.sampler.cluster, self._queues, self.sampler.refusals)
        self.sampler.first(time.monotonic() + FIRST_SECONDS)
        return self._snapshot()

    def rest(self, until: float, wake: Callable[[float], bool]) -> None:
        """Scan jobs until a time, or until `wake` (see Sampler.scan_jobs)."""
        self.sampler.scan_jobs(until, wake)

    def tick(self, until: float) -> Snapshot:
        """Take a sample."""
        self.sampler.tick(until, self.on_screen)
        return self.looked(self._snapshot())

    def open(self, opened: Opened) -> None:
        """Look closely at this, and at nothing else. Another thread may call it."""
        queue = opened.queue
        if self._of_queue is None or self._of_queue.queue != queue:
            self._of_queue = QueueLook(queue, self.sampler.clocks) if queue else None
        if opened.dead:
            names = self.sampler.samples.queue_names
            self.sampler.look = DeadLook(lambda: list(names()), self._queues.wants)
        else:
            self.sampler.look = JobLook(opened.job, self.sampler.clocks) if opened.job else self._of_queue

    def looked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what the close look has found."""
        look = self.sampler.look
        if look is None:
            return snapshot
        found = tuple(self.sampler.found(look))
        if isinstance(look, DeadLook):
            return replace(snapshot, letters=found)
        if isinstance(look, QueueLook):
            return replace(snapshot, looked_at=look.queue, found=found)
        return (
            replace(snapshot, looked_at=look.job_id, found=found) if isinstance(look, JobLook) else snapshot
        )

    @property
    def scanned(self) -> JobPass | None:
        """The last complete pass over the jobs."""
        return None if self.sampler.jobs is None else self.sampler.jobs.result

    def _snapshot(self) -> Snapshot:
        jobs = self.scanned
        return self._model.snapshot(
            self.sampler.samples,
            None if jobs is None else jobs.queues,
            None if jobs is None else jobs.ended_at,
            time.monotonic(),
            time.time() * 1000,
        )


class Watcher(threading.Thread):
    """Takes samples in the background.

    snapshot  the last one
    problem   what went wrong, or ""; bug: an unexpected exception
    changed   is called after each sample, in this thread
    """

    def __init__(
        self, sampler: TopSampler, seconds: float, examined: Callable[[], Examined | None] = lambda: None
    ) -> None:
        """`examined` returns what the rules of `health` found."""
        super().__init__(name="disquectl-top", daemon=True)
        self._examined = examined
        self.snapshot: Snapshot = EMPTY
        self.problem = ""
        self.bug: Exception | None = None
        self.changed: Callable[[], None] = lambda: None
        self._sampler = sampler
        self._seconds = seconds
        self._stopped = threading.Event()
        self._hurried = threading.Event()

    def look_at(self, queues: tuple[bytes, ...]) -> None:
        """Ask for these queues at each tick."""
        self._sampler.on_screen = queues

    def open(self, opened: Opened) -> None:
        """Look closely at this, now and at each tick; see TopSampler.open."""
        self._sampler.open(opened)
        self._hurried.set()

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()
        self._hurried.set()

    def run(self) -> None:
        try:
            self._watch()
        except DisquectlError as problem:
            self.problem = problem.message
        except Exception as bug:  # a thread has no caller to raise to: the screen does
            self.bug = bug
        self.changed()

    def _watch(self) -> None:
        self._take(self._sampler.first())
        due = time.monotonic()
        while not self._stopped.is_set():
            # Half of an interval at least: rates over less are not worth much.
            due = max(due + self._seconds, time.monotonic() + self._seconds / 2)
            while time.monotonic() < due and not self._stopped.is_set():
                self._sampler.rest(due, self._hurried.wait)
                if self._hurried.wait(max(due - time.monotonic(), 0)):
                    self._hurried.clear()
                    self._sampler.sampler.look_now(time.monotonic() + LATE_SECONDS)
                    self._take(self._sampler.looked(self.snapshot))
            if not self._stopped.is_set():
                self._take(self._sampler.tick(due + max(self._seconds / 2, LATE_SECONDS)))

    def _take(self, snapshot: Snapshot) -> None:
        self.snapshot = replace(snapshot, examined=self._examined())
        self.changed()
