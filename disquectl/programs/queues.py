"""Lists the queues of the whole cluster: asks all nodes, merges what they have, selects, and writes.

Started by the command `queues`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import time

from disquectl.execution.present import arranged, present
from disquectl.fanout.ask import missing_bits, open_cluster, require_an_answer, settle
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.merge.job_counts import JobCounts
from disquectl.merge.queues import QueueSum, queue_record, rates
from disquectl.render.human import counted
from disquectl.spec.queue_patterns import is_pattern, matcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape


def list_queues(values: Values, shape: Shape, session: Session) -> None:
    """Ask all nodes for their queues and jobs, merge them, and write the queues that pass the filters."""
    session.check_output(shape)
    pattern: bytes | None = values.get("pattern")
    exact = pattern if pattern is not None and not is_pattern(pattern) else None
    wanted = None if pattern is None or exact is not None else matcher(pattern)
    with open_cluster(session.client, values) as cluster:
        scan = ClusterScan(cluster, wanted)
        counts = JobCounts(scan.clocks, wanted)
        with NoGarbageCollection():
            for connection, replicas in scan.run(
                scan_queues=True, queue=exact, scan_jobs=not values.get("estimate")
            ):
                counts.add(connection.node_id, replicas, now_ms())
        require_an_answer(cluster, session, scan.refusals)
        found = _records(scan, counts, values)
        _tell(scan, counts, values, session)
        low = values.get("min_length", 0)
        kept = arranged(
            [record for record in found if record["queued"] >= low],
            values.get("sort", "queue"),
            bool(values.get("reverse")),
            values.get("limit"),
        )
        if values.get("names"):
            kept = [{"queue": record["queue"]} for record in kept]
        present(shape, kept, session)
        settle(cluster, session, refusals=scan.refusals)


def _records(scan: ClusterScan, counts: JobCounts, values: Values) -> list[Record]:
    """A record for each queue that any node has, or has jobs of."""
    later = _after(scan, values)
    bits = [(counts.bits.of(connection.node_id), connection.name) for connection in scan.cluster.links()]
    answered = [connection.name for connection in scan.cluster.answered()]
    missing = missing_bits(scan.cluster, counts.bits)
    now = now_ms()
    found = []
    for queue in {**scan.queues, **dict.fromkeys(counts.queues())}:
        total = scan.queues.get(queue) or QueueSum()
        by_state, holders = counts.counts(queue, missing)
        rate = rates(total, later[queue]) if queue in later and queue in scan.queues else None
        found.append(
            queue_record(
                queue,
                total,
                counts=None if values.get("estimate") else by_state,
                oldest_age=counts.oldest_age(queue, now),
                rates=rate,
                answered=answered,
                holders=[name for bit, name in bits if name in total.pauses or bit & holders],
            )
        )
    return found


def _after(scan: ClusterScan, values: Values) -> dict[bytes, QueueSum]:
    """The queues again after --interval; empty without it."""
    if "interval" not in values:
        return {}
    begun = max((total.seen_at for total in scan.queues.values()), default=time.monotonic())
    time.sleep(max(begun + values["interval"] / 1000 - time.monotonic(), 0))
    return scan.again()


def _tell(scan: ClusterScan, counts: JobCounts, values: Values, session: Session) -> None:
    """Write a note or warning about what the numbers leave out."""
    if values.get("estimate"):
        session.note(
            "estimated from QSTAT: delayed, in-flight and acknowledged jobs and ages are not known, queues "
            "without queued jobs may be missing, and a job queued on two nodes counts twice"
        )
        return
    missing = missing_bits(scan.cluster, counts.bits)
    unknown = sum(counts.counts(queue, missing)[0]["unknown"] for queue in counts.queues()) if missing else 0
    if unknown:
        session.warn(
            f"{counted(unknown, 'job')} not counted above: a node that did not answer may have queued jobs"
        )
