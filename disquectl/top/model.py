"""The samples so far as rows of queues and nodes, with what is wrong with them. Pure.

Times are passed in: monotonic seconds, and ms since 1970 for ages of jobs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from disquectl.merge.job_estimate import QueueEstimate
from disquectl.merge.nodes import NodeView
from disquectl.merge.samples import ClusterSamples
from disquectl.spec.queue_names import DEAD_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from disquectl.merge.nodes import Health
    from disquectl.spec.parameters import Record

    # A value for each bucket of time, the last one still changing; None where it was not known.
    History: TypeAlias = tuple[float | None, ...]

# Values in a sparkline, and the seconds of each: the last two minutes.
HISTORY, BUCKET_SECONDS = 12, 10.0
# A queue that delivered nothing for this long, and for which no client waits, has no consumer.
WINDOW_SECONDS = 10.0
# A queued job is old after this many retry times, and not before this.
OLD_RETRIES = 2
OLD_SECONDS = 60
# Severities that count as problems.
PROBLEMS = ("error", "warning")


class QueueRow(NamedTuple):
    """One queue. `trouble` says what is wrong, worst first; figures that are not known are None.

    from_scan_at  when delayed, in_flight and oldest_age were found, in monotonic seconds
    at            when the oldest of the other figures was found
    is_exact      whether delayed and in_flight are counts and not estimates
    """

    queue: bytes
    queued: int
    rate_in: float | None
    rate_out: float | None
    waiting: int
    pause: str
    delayed: int | None = None
    in_flight: int | None = None
    oldest_age: int | None = None
    is_exact: bool = True
    at: float = 0.0
    trouble: tuple[str, ...] = ()
    history: tuple[float | None, ...] = ()

    def record(self, time: str) -> Record:
        """The record of `top -b`."""
        return {
            "time": time,
            "queue": self.queue,
            "queued": self.queued,
            "delayed": self.delayed,
            "in_flight": self.in_flight,
            "rate_in": self.rate_in,
            "rate_out": self.rate_out,
            "oldest_age": self.oldest_age,
            "waiting": self.waiting,
            "pause": self.pause,
        }


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node; `health` is `ok` or what is wrong, `problem` why it does not answer."""

    name: str
    node_id: str
    health: Health
    problem: str = ""
    uptime: object = None
    clients: object = None
    waiting: int | None = None
    used_memory: object = None
    maxmemory: int | None = None
    jobs: object = None
    queues: object = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What the rules of `health` found, the worst first, as records of `doctor`.

    at         when, in monotonic seconds
    unchecked  what could not be asked, a line for each
    """

    at: float
    findings: tuple[Record, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def problems(self) -> int:
        """How many of the findings are errors or warnings."""
        return sum(one["severity"] in PROBLEMS for one in self.findings)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at one tick; it does not change.

    rows        the queues, those in trouble first, then by jobs delivered per second
    dead        queued jobs in dead queues
    scanned_at  when the last pass over all jobs ended, in monotonic seconds; None before the first one
    looked_at   the queue or job of which `found` has what is known: see fanout.close_look
    letters     the dead letters, the last to die first; None if they are not asked for
    examined    what the rules of `health` found; None before that is known
    """

    at: float
    total: Record
    rows: tuple[QueueRow, ...] = ()
    nodes: tuple[NodeRow, ...] = ()
    scanned_at: float | None = None
    is_exact: bool = True
    looked_at: bytes = b""
    found: tuple[Record, ...] = ()
    in_history: tuple[float | None, ...] = ()
    out_history: tuple[float | None, ...] = ()
    dead: int = 0
    letters: tuple[Record, ...] | None = None
    examined: Examined | None = None


def by_trouble(row: QueueRow) -> tuple[bool, float, int, bytes]:
    """The place of a row: those in trouble first, then by jobs delivered per second."""
    return not row.trouble, -(row.rate_out or 0.0), -row.queued, row.queue


EMPTY = Snapshot(0.0, {"nodes": 0, "queued": None, "rate_in": None, "rate_out": None})


@dataclass(slots=True)
class Model:
    """Keeps what snapshots need of earlier ticks.

    wants  which queues are shown
    """

    wants: Callable[[bytes], bool] = lambda _: True
    _consumed: frozenset[bytes] = frozenset()
    _lengths: dict[bytes, History] = field(default_factory=dict)
    _in: History = ()
    _out: History = ()
    _bucket: int = 0
    _first_at: float | None = None

    def snapshot(
        self,
        samples: ClusterSamples,
        estimates: Mapping[bytes, QueueEstimate] | None,
        scanned_at: float | None,
        now: float,
        now_ms: float,
    ) -> Snapshot:
        """Take one tick. `estimates` are of the last complete pass over the jobs, None before the first."""
        if self._first_at is None and samples.up():
            self._first_at = now
        self._consumed = frozenset(name for node in samples.up() for name in node.consumed)
        names = [name for name in samples.queue_names() if self.wants(name)]
        known = set(names)
        names += [name for name in estimates or () if name not in known and self.wants(name)]
        bucket, before = int(now // BUCKET_SECONDS), self._bucket
        self._bucket = bucket
        # One value more, or a new last one.
        kept = -1 if bucket == before else HISTORY
        rows = [self._row(name, samples, estimates, now=now, now_ms=now_ms, kept=kept) for name in names]
        rows.sort(key=by_trouble)
        self._lengths = {row.queue: row.history for row in rows}
        total = _total(samples, rows)
        self._in = _later(self._in, total["rate_in"], kept)
        self._out = _later(self._out, total["rate_out"], kept)
        if estimates is not None:
            total["delayed"] = sum(one.delayed for one in estimates.values())
            total["in_flight"] = sum(one.in_flight for one in estimates.values())
        total["maxmemory"] = sum(node.maxmemory or 0 for node in samples.up()) or None
        return Snapshot(
            now,
            total,
            tuple(rows),
            _nodes(samples),
            scanned_at,
            all(one.is_exact for one in (estimates or {}).values()),
            in_history=self._in,
            out_history=self._out,
            dead=sum(row.queued for row in rows if DEAD_PREFIX in row.queue),
        )

    def _row(
        self,
        name: bytes,
        samples: ClusterSamples,
        estimates: Mapping[bytes, QueueEstimate] | None,
        *,
        now: float,
        now_ms: float,
        kept: int,
    ) -> QueueRow:
        total = samples.queue(name)
        found = None if estimates is None else estimates.get(name, _NOTHING)
        oldest = None
        if found is not None and found.oldest_ms is not None and total.length:
            oldest = max(int((now_ms - found.oldest_ms) / 1000), 0)
        rate_in, rate_out = total.rates()
        trouble = []
        if total.length and not total.blocked and self._is_unserved(name, total.out_rose_at, now):
            trouble.append("no consumer")
        if (pause := total.pause()) != "none":
            trouble.append(f"paused {pause}")
        if oldest is not None and found is not None and oldest > found.retry * OLD_RETRIES + OLD_SECONDS:
            trouble.append("old")
        return QueueRow(
            name,
            total.length,
            rate_in,
            rate_out,
            total.blocked,
            pause,
            None if found is None else found.delayed,
            None if found is None else found.in_flight,
            oldest,
            found is None or found.is_exact,
            now if total.at is None else total.at,
            tuple(trouble),
            _later(self._lengths.get(name, ()), total.length, kept),
        )

    def _is_unserved(self, name: bytes, out_rose_at: float | None, now: float) -> bool:
        if name in self._consumed or DEAD_PREFIX in name:
            return False
        since = self._first_at if out_rose_at is None else out_rose_at
        return since is not None and now - since >= WINDOW_SECONDS


def _later(history: History, value: float | None, kept: int) -> History:
    """The history with a value more; `kept`: how many to keep of it, -1 for all but the last."""
    return (*history[:kept], value) if kept < 0 else (*history[-(kept - 1) :], value)


def _total(samples: ClusterSamples, rows: list[QueueRow]) -> Record:
    """Sums over the rows; queues that were found since the last sample do not count in the rates."""
    rates: list[float | None] = [None, None]
    if not any(node.restarted for node in samples.up()):
        rates = [
            round(sum(row.rate_in or 0.0 for row in rows), 1),
            round(sum(row.rate_out or 0.0 for row in rows), 1),
        ]
    return samples.figures(sum(row.queued for row in rows), *rates)


_NOTHING = QueueEstimate(0, 0, True, None, 0)


def _nodes(samples: ClusterSamples) -> tuple[NodeRow, ...]:
    rows = []
    for node in samples.nodes.values():
        view = NodeView(node.node_id, node.name)
        view.answers, view.info, view.maxmemory = node.is_up, node.info, node.maxmemory
        rows.append(
            NodeRow(
                node.name,
                node.node_id,
                view.health(),
                node.problem,
                uptime=node.number("server", "uptime_in_seconds"),
                clients=node.number("clients", "connected_clients"),
                waiting=node.waiting,
                used_memory=node.number("memory", "used_memory"),
                maxmemory=node.maxmemory,
                jobs=node.number("jobs", "registered_jobs"),
                queues=node.number("queues", "registered_queues"),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.health == "ok", row.name)))
