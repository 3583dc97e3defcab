"""Lists the jobs of the whole cluster: asks all nodes, merges the replicas, selects, and writes.

Started by the command `jobs`, whose declaration has the options and the columns.
"""

from __future__ import annotations

from itertools import islice

from disquectl.execution.present import arranged, present
from disquectl.fanout.ask import missing_bits, open_cluster, require_an_answer, settle
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.merge.jobs import JOB_FIELDS, Jobs
from disquectl.merge.replicas import BODY, QUEUE
from disquectl.merge.states import ACKNOWLEDGED, IN_FLIGHT, STATES, WAITING
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from re import Pattern

    from disquectl.execution.session import Session
    from disquectl.merge.replicas import FlatReplica
    from disquectl.spec.parameters import Record, Values

# --ids feeds other commands, and ACKJOB of a waiting job crashes the server.
IDS_OF = tuple(state for state in STATES if state != WAITING)


def list_jobs(values: Values, shape: Shape, session: Session) -> None:
    """Ask all nodes for their jobs, merge the replicas, and write the jobs that pass the filters."""
    session.check_output(shape)
    queues: tuple[bytes, ...] = values.get("queue", ())
    with open_cluster(session.client, values) as cluster:
        scan = ClusterScan(cluster)
        jobs = Jobs(scan.clocks, wanted(queues, values.get("grep")), bool(values.get("full")))
        one = queues[0] if len(queues) == 1 else None
        with NoGarbageCollection():
            for connection, replicas in scan.run(scan_queues=False, queue=one, scan_jobs=True):
                jobs.add(connection.node_id, replicas, now_ms())
        require_an_answer(cluster, session, scan.refusals)
        kept = _kept(_records(scan, jobs, bool(values.get("reverse"))), values)
        if session.format == "table":
            kept = [for_people(record) for record in kept]
            if values.get("full") and session.settings.columns is None:
                # A block for each job: a whole body has no place in one line.
                shape = Shape(JOB_FIELDS, PAIRS, kinds=shape.kinds, body=shape.body, folds=True)
        present(shape, kept, session)
        settle(cluster, session, refusals=scan.refusals)


def wanted(queues: tuple[bytes, ...], body: Pattern[bytes] | None) -> Callable[[FlatReplica], bool] | None:
    """A test whether a replica is in one of these queues and its body matches; None if all pass.

    All replicas of a job agree in both.
    """
    if not queues and body is None:
        return None
    names = frozenset(queues)
    return lambda replica: (
        (not names or replica[QUEUE] in names)
        and (body is None or body.search(replica[BODY] or b"") is not None)
    )


def passes(record: Record, values: Values) -> bool:
    """Whether a merged job passes the filters."""
    return (
        record["state"] in (values.get("state") or (IDS_OF if values.get("ids") else STATES))
        and record["age"] * 1000 >= values.get("older_than", 0)
        and ("ttl_below" not in values or record["ttl"] * 1000 < values["ttl_below"])
        and record["nacks"] > values.get("nacks_over", -1)
        and record["additional_deliveries"] > values.get("deliveries_over", -1)
    )


def for_people(record: Record) -> Record:
    """The job for tables: its state in words, and whether it is never queued again."""
    state = record["state"]
    never = state == IN_FLIGHT and record["next_requeue_within"] is None
    shown = {IN_FLIGHT: "in flight", ACKNOWLEDGED: "acknowledged"}.get(state, state)
    return {**record, "state": shown, **({"next_requeue_within": "never"} if never else {})}


def _kept(records: Iterable[Record], values: Values) -> list[Record]:
    """The records that pass, sorted and limited. Sorted by age, no more are made than --limit keeps."""
    passing = (record for record in records if passes(record, values))
    sort = values.get("sort", "age")
    if sort == "age":
        return list(islice(passing, values.get("limit")))
    return arranged(list(passing), sort, bool(values.get("reverse")), values.get("limit"))


def _records(scan: ClusterScan, jobs: Jobs, newest_first: bool) -> Iterator[Record]:
    """Every job, sorted by age."""
    names = {jobs.bits.of(connection.node_id): connection.name for connection in scan.cluster.links()}
    missing = missing_bits(scan.cluster, jobs.bits)
    now = now_ms()
    found = jobs.found
    by_age = sorted(found, key=lambda job_id: (found[job_id].ctime_ns, job_id), reverse=newest_first)
    return (jobs.record(job_id, missing, now, names) for job_id in by_age)
