"""Writes the figures of the cluster in the text format of Prometheus: to stdout, or to a file.

Started by the command `metrics`, whose declaration has the options. metrics_server.py answers scrapes.
"""

from __future__ import annotations

import os

from disquectl.errors import DataError
from disquectl.execution.replacing import replacing
from disquectl.fanout.ask import open_cluster, require_an_answer
from disquectl.fanout.paced_scan import scan_slowly
from disquectl.fanout.probe import Probe
from disquectl.fanout.scan_all import NoGarbageCollection, now_ms
from disquectl.health.metrics import Family, JobFigures, of_nodes, of_queues, text
from disquectl.merge.job_counts import JobCounts
from disquectl.spec.queue_patterns import QueueWords

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

# Anyone may read the file: the textfile collector runs as another user.
_MODE = 0o644
_RULES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "health", "alerts.yml")
# Of the time of a node, for scans of its jobs while scrapes are answered.
SHARE = 0.05


def write_rules(session: Session) -> None:
    """Write the alert rules. The module's loader reads them, from a folder or from a zip file."""
    session.streams.put(__loader__.get_data(_RULES))  # type: ignore[name-defined]


def write_metrics(values: Values, session: Session) -> None:
    """Write all figures once. Raises if no node answers, after writing that."""
    with open_cluster(session.client, values) as cluster:
        probe = Probe(cluster)
        families = look(probe, values.get("queues", ()), with_jobs=True)
        document = text(families).encode("utf-8", "backslashreplace")
        if path := values.get("file"):
            replace_file(path, document)
        else:
            session.streams.put(document)
        for line in probe.unchecked():
            session.warn(line)
        require_an_answer(cluster, session, probe.refusals)


def look(
    probe: Probe, queues: tuple[bytes, ...], jobs: JobFigures | None = None, *, with_jobs: bool = False
) -> list[Family]:
    """The metrics now. The figures that need all jobs: `jobs`, or with_jobs those of a scan that is made."""
    nodes = probe.observe_nodes().nodes
    workers = probe.ask_clients()
    wanted = QueueWords(queues)
    found = probe.sum_queues(wanted)
    if with_jobs:
        jobs = scan_jobs(probe, wanted)
    return of_nodes(nodes) + of_queues(found, workers, jobs)


def scan_jobs(probe: Probe, wanted: QueueWords, share: float | None = None) -> JobFigures:
    """The figures that need all jobs. `share`: the most of their time that nodes are to spend on it."""
    scan = probe.scan
    counts = JobCounts(scan.clocks, None if wanted.means_all else wanted.wants)
    pages = (
        scan.run(scan_queues=False, scan_jobs=True)
        if share is None
        else scan_slowly(probe.cluster, share, probe.refusals)
    )
    with NoGarbageCollection():
        for connection, replicas in pages:
            counts.add(connection.node_id, replicas, now_ms())
    missing = probe.missing(counts.bits)
    figures = JobFigures()
    now = now_ms()
    for queue in counts.queues():
        figures.add(queue, counts.counts(queue, missing)[0], counts.oldest_age(queue, now))
    return figures


def replace_file(path: str, document: bytes) -> None:
    """Replace the file, which anyone may read. Raises DataError, also for a device."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise DataError(f"cannot write {path}: not a regular file")
    try:
        with replacing(path) as file:
            os.fchmod(file.fileno(), _MODE)
            file.write(document)
    except OSError as problem:
        raise DataError(f"cannot write {path}: {problem.strerror or problem}") from None
