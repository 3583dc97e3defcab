"""The figures of a cluster as metrics of Prometheus: names, types and help, and its text format. Pure."""

from __future__ import annotations

from disquectl.render.escape import plain
from disquectl.spec.queue_names import DEAD_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from disquectl.health.observation import NodeFacts
    from disquectl.merge.consumers import Workers
    from disquectl.merge.queues import QueueSum

    MetricType = Literal["gauge", "counter"]
    Labels = dict[str, str]

# More queues than these get no labels: each label is a time series for each metric.
MOST_QUEUES = 1_000


class Family:
    """A metric with its samples: (labels, value)."""

    __slots__ = ("help", "name", "samples", "type")

    def __init__(self, name: str, type: MetricType, help: str) -> None:
        self.name = name
        self.type: MetricType = type
        self.help = help
        self.samples: list[tuple[Labels, float]] = []

    def add(self, value: float | None, **labels: str) -> None:
        """Add a sample; None is left out."""
        if value is not None:
            self.samples.append((labels, value))


class JobFigures:
    """The figures of queues that need a scan of all jobs.

    queues  queue -> delayed and in-flight jobs, and the age of the oldest queued job in seconds or None
    dead    dead queue -> jobs in it
    """

    __slots__ = ("dead", "queues")

    def __init__(self) -> None:
        self.queues: dict[bytes, tuple[int, int, int | None]] = {}
        self.dead: dict[bytes, int] = {}

    def add(self, queue: bytes, counts: Mapping[str, int], oldest_age: int | None) -> None:
        """Add a queue with its jobs by state."""
        self.queues[queue] = (counts["delayed"], counts["in-flight"], oldest_age)
        if DEAD_PREFIX in queue:
            self.dead[queue] = sum(counts.values()) - counts["acked"]


# Of each node: name, type, help, and where INFO has it.
_OF_INFO: tuple[tuple[str, MetricType, str, str, str], ...] = (
    ("uptime_seconds", "gauge", "Time since the node started.", "server", "uptime_in_seconds"),
    ("memory_used_bytes", "gauge", "Memory in use.", "memory", "used_memory"),
    ("connected_clients", "gauge", "Connected clients.", "clients", "connected_clients"),
    ("blocked_clients", "gauge", "Clients that wait in GETJOB or ADDJOB.", "clients", "blocked_clients"),
    ("registered_jobs", "gauge", "Replicas of jobs on the node.", "jobs", "registered_jobs"),
    ("commands_processed_total", "counter", "Commands since the start.", "stats", "total_commands_processed"),
    ("aof_enabled", "gauge", "Whether the append-only file is on.", "persistence", "aof_enabled"),
)


def of_nodes(nodes: Iterable[NodeFacts]) -> list[Family]:
    """The metrics of nodes; of one that does not answer only that."""
    up = Family("disque_up", "gauge", "Whether the node answers.")
    info = Family("disque_node_info", "gauge", "The ID and version of the node; always 1.")
    figures = [
        (Family(f"disque_{name}", kind, help), section, field)
        for name, kind, help, section, field in _OF_INFO
    ]
    limit = Family("disque_memory_limit_bytes", "gauge", "maxmemory.")
    skew = Family("disque_clock_skew_seconds", "gauge", "How far the clock is ahead of that of the exporter.")
    errors = Family("disque_aof_errors", "gauge", "Kinds of writes to the append-only file that fail.")
    leaving = Family("disque_leaving", "gauge", "Whether the node is leaving the cluster.")
    reachable = Family("disque_reachable_nodes", "gauge", "Nodes that answer.")
    known = Family("disque_known_nodes", "gauge", "Nodes that answer or that others know.")
    for node in nodes:
        name = label(node.address)
        up.add(int(node.answers), node=name)
        if not node.answers:
            continue
        version = label(node.word("server", "disque_version") or "")
        info.add(1, node=name, id=label(node.node_id), version=version)
        for family, section, field in figures:
            family.add(node.figure(section, field), node=name)
        limit.add(node.maxmemory, node=name)
        skew.add(None if node.skew_ms is None else round(node.skew_ms) / 1000, node=name)
        errors.add(len(node.aof_errors), node=name)
        leaving.add(None if node.leaving is None else int(node.leaving), node=name)
    reachable.add(sum(value for _, value in up.samples))
    known.add(len(up.samples))
    return [up, info, *(one[0] for one in figures), limit, skew, errors, leaving, reachable, known]


def of_queues(queues: Mapping[bytes, QueueSum], workers: Workers, jobs: JobFigures | None) -> list[Family]:
    """The metrics of queues; those that need a scan of all jobs only with `jobs`.

    Of more than MOST_QUEUES queues those with the most jobs have labels.
    """
    queued = Family("disque_queue_queued_jobs", "gauge", "Jobs that wait for a consumer.")
    delayed = Family("disque_queue_delayed_jobs", "gauge", "Jobs whose delay has not ended.")
    in_flight = Family("disque_queue_in_flight_jobs", "gauge", "Jobs delivered and not acknowledged.")
    age = Family(
        "disque_queue_oldest_job_age_seconds", "gauge", "Age of the oldest queued job; 0 if none is."
    )
    jobs_in = Family("disque_queue_jobs_in_total", "counter", "Jobs queued at the node.")
    jobs_out = Family("disque_queue_jobs_out_total", "counter", "Jobs delivered by the node.")
    consumers = Family(
        "disque_queue_consumers", "gauge", "Clients that wait, and workers that name the queue."
    )
    paused = Family("disque_queue_paused", "gauge", "Whether a node has the queue paused.")
    known = Family("disque_known_queues", "gauge", "All queues, also those without labels.")
    dead = Family("disque_dead_letters", "gauge", "Jobs in a dead queue.")
    figures = jobs.queues if jobs is not None else {}
    every = {name: queues[name].length if name in queues else 0 for name in {**queues, **figures}}
    for name in sorted(sorted(every), key=lambda name: -every[name])[:MOST_QUEUES]:
        queue = label(name)
        queued.add(every[name], queue=queue)
        if jobs is not None:
            counts = figures.get(name, (0, 0, None))
            delayed.add(counts[0], queue=queue)
            in_flight.add(counts[1], queue=queue)
            age.add(counts[2] or 0, queue=queue)
        if name not in queues:
            continue
        total = queues[name]
        for node, (count_in, count_out) in (total.counters or {}).items():
            jobs_in.add(count_in, queue=queue, node=label(node))
            jobs_out.add(count_out, queue=queue, node=label(node))
        named = workers.of(name)
        consumers.add(named.named + max(total.blocked - named.waiting, 0), queue=queue)
        states = set(total.pauses.values())
        for direction in ("in", "out"):
            is_paused = not states.isdisjoint((direction, "all"))
            paused.add(int(is_paused), queue=queue, direction=direction)
    known.add(len(every))
    if jobs is not None:
        for name, count in sorted(jobs.dead.items(), key=lambda item: -item[1])[:MOST_QUEUES]:
            dead.add(count, queue=label(name))
    return [queued, delayed, in_flight, age, jobs_in, jobs_out, consumers, paused, known, dead]


def label(value: bytes | str) -> str:
    """The value of a label: bytes that are not UTF-8, and control characters, are escaped as in plain."""
    return plain(value)


def text(families: Iterable[Family]) -> str:
    """The text format of Prometheus, version 0.0.4. A metric without samples is left out."""
    lines = []
    for family in families:
        if family.samples:
            lines.append(f"# HELP {family.name} {family.help}")
            lines.append(f"# TYPE {family.name} {family.type}")
            lines += [f"{family.name}{_labels(labels)} {value}" for labels, value in family.samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Labels) -> str:
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
