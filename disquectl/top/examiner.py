"""Examines the cluster by the rules of `health` once a minute, in a separate thread: the screen of problems.

It asks the nodes what `doctor` asks, but scans no jobs: those that may be in trouble come from the scans that
the screen makes anyway. Only queues that have something to be found are looked at.
"""

from __future__ import annotations

import threading
import time

from disquectl.errors import DisquectlError
from disquectl.fanout.ask import open_cluster
from disquectl.fanout.probe import Probe
from disquectl.health.rules import examine
from disquectl.programs.stat import PATIENCE_SECONDS
from disquectl.top.model import Examined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.execution.session import Session
    from disquectl.fanout.job_slices import JobPass
    from disquectl.spec.parameters import Values
    from disquectl.top.model import Snapshot

EVERY_SECONDS = 60.0
# The rates of queues are measured over this time, or over two intervals and a half of a quick screen.
_INTERVAL_SECONDS, _INTERVALS = 5.0, 2.5
# Queues that are looked at.
_MOST_QUEUES = 2_000


class Examiner(threading.Thread):
    """`result`: the last examination; None before the first."""

    def __init__(self, session: Session, values: Values, seconds: float) -> None:
        """`seconds`: the interval of the screen."""
        super().__init__(name="disquectl-examiner", daemon=True)
        self.result: Examined | None = None
        self._client = session.impatient_client(
            min(PATIENCE_SECONDS, session.settings.response_timeout_ms / 1000)
        )
        self._values = values
        self._interval = min(_INTERVAL_SECONDS, _INTERVALS * seconds)
        self._stopped = threading.Event()
        self._snapshot: Callable[[], Snapshot]
        self._scanned: Callable[[], JobPass | None]

    def examine(self, snapshot: Callable[[], Snapshot], scanned: Callable[[], JobPass | None]) -> None:
        """Start. `snapshot` returns the last one, `scanned` the last pass over the jobs."""
        self._snapshot, self._scanned = snapshot, scanned
        self.start()

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()

    def run(self) -> None:
        had_jobs = False
        due = time.monotonic()
        while not self._stopped.wait(0.2):
            has_jobs = self._scanned() is not None
            # The queues have to be known; and with the first scan there is more to say.
            if self._snapshot().nodes and (time.monotonic() >= due or has_jobs > had_jobs):
                had_jobs, due = has_jobs, time.monotonic() + EVERY_SECONDS
                self.result = self._examined()

    def _examined(self) -> Examined:
        queues = queues_to_look_at(self._snapshot())
        try:
            with open_cluster(self._client, self._values) as cluster:
                seen = Probe(cluster).observe_beside(
                    self._interval, frozenset(queues[:_MOST_QUEUES]), self._scanned()
                )
        except DisquectlError as problem:
            return Examined(time.monotonic(), unchecked=(problem.message,))
        except Exception as problem:  # a thread has no caller to raise to: the screen shows it
            return Examined(time.monotonic(), unchecked=(f"{type(problem).__name__}: {problem}",))
        if len(queues) > _MOST_QUEUES:
            seen.unchecked.append(f"queues: {len(queues) - _MOST_QUEUES:,} more that have jobs or are paused")
        found = tuple(finding.record() for finding in examine(seen))
        return Examined(time.monotonic(), found, tuple(seen.unchecked))


def queues_to_look_at(snapshot: Snapshot) -> list[bytes]:
    """The queues of which there may be something to say, those in trouble first."""
    return [
        row.queue
        for row in snapshot.rows
        if row.queued or row.pause != "none" or row.trouble or row.delayed or row.in_flight
    ]
