"""Lists the jobs of the whole cluster: asks all nodes, merges the replicas, selects, and writes.

Started by the command `jobs`, whose declaration has the options and the columns.
"""

from __future__ import annotations

from itertools import islice

from disquectl.execution.present import arranged, present
from disquectl.execution.selecting import say_nothing_matches, selection_of
from disquectl.fanout.ask import missing_bits, open_cluster, require_an_answer, settle
from disquectl.fanout.existing_queues import settle_queues
from disquectl.fanout.scan_all import ClusterScan, NoGarbageCollection, now_ms
from disquectl.merge.jobs import JOB_FIELDS, Jobs
from disquectl.merge.replicas import BODY, ID, QUEUE
from disquectl.merge.states import ACKNOWLEDGED, IN_FLIGHT, WAITING
from disquectl.spec.selection import STATES
from disquectl.spec.shape import PAIRS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from disquectl.execution.session import Session
    from disquectl.merge.replicas import FlatReplica
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.selection import Selection

# --ids feeds other commands, and ACKJOB of a waiting job crashes the server.
IDS_OF = frozenset(STATES) - {WAITING}


def list_jobs(values: Values, shape: Shape, session: Session) -> None:
    """Ask all nodes for their jobs, merge the replicas, and write the jobs that are selected."""
    session.check_output(shape)
    chosen = selection_of(values, session)
    if values.get("ids") and not chosen.states:
        chosen.states = IDS_OF
    with open_cluster(session.client, values) as cluster:
        scan = ClusterScan(cluster)
        settle_queues(cluster, chosen.queues, scan.refusals)
        jobs = Jobs(scan.clocks, wanted(chosen), bool(values.get("full")))
        with NoGarbageCollection():
            for connection, replicas in scan.run(scan_queues=False, queue=chosen.only_queue, scan_jobs=True):
                jobs.add(connection.node_id, replicas, now_ms())
        require_an_answer(cluster, session, scan.refusals)
        kept = _kept(_records(scan, jobs, chosen, _newest_first(values)), values)
        if session.format == "table":
            kept = [for_people(record) for record in kept]
            if values.get("full") and session.settings.columns is None:
                # A block for each job: a whole body has no place in one line.
                shape = Shape(JOB_FIELDS, PAIRS, kinds=shape.kinds, body=shape.body, folds=True)
        present(shape, kept, session)
        if not kept:
            say_nothing_matches(shape, chosen.selects, session)
        settle(cluster, session, refusals=scan.refusals)


def wanted(chosen: Selection) -> Callable[[FlatReplica], bool] | None:
    """A test of what all replicas of a job agree in; None if all pass."""
    if chosen.queues.means_all and not chosen.tests_content:
        return None
    return lambda replica: chosen.wants_content(replica[QUEUE], replica[ID], replica[BODY] or b"")


def for_people(record: Record) -> Record:
    """The job for tables: its state in words, and whether it is never queued again."""
    state = record["state"]
    never = state == IN_FLIGHT and record["next_requeue_within"] is None
    shown = {IN_FLIGHT: "in flight", ACKNOWLEDGED: "acknowledged"}.get(state, state)
    return {**record, "state": shown, **({"next_requeue_within": "never"} if never else {})}


def _newest_first(values: Values) -> bool:
    """Whether the newest jobs come first; also of those that are equal in the column of --sort."""
    return bool(values.get("newest") or values.get("reverse"))


def _kept(records: Iterable[Record], values: Values) -> list[Record]:
    """The records sorted and limited. Sorted by age, no more are made than --limit keeps."""
    sort = values.get("sort", "age")
    if sort == "age":
        return list(islice(records, values.get("limit")))
    return arranged(list(records), sort, bool(values.get("reverse")), values.get("limit"))


def _records(scan: ClusterScan, jobs: Jobs, chosen: Selection, newest_first: bool) -> Iterator[Record]:
    """Every selected job, sorted by age."""
    names = {jobs.bits.of(connection.node_id): connection.name for connection in scan.cluster.links()}
    missing = missing_bits(scan.cluster, jobs.bits)
    now = now_ms()
    found = jobs.found
    by_age = sorted(found, key=lambda job_id: (found[job_id].ctime_ns, job_id), reverse=newest_first)
    return (
        jobs.record(job_id, missing, now, names)
        for job_id in by_age
        if chosen.wants_status(*jobs.status(job_id, missing, now))
    )
