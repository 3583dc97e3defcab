"""ack, fastack, deljob, nack, enqueue, dequeue and working with --cluster: jobs by their IDs, on all nodes.

Every node is asked for its replicas first, so that each request is sent only where it is correct (see
merge/plan.py). A job counts once.
"""

from __future__ import annotations

from disquectl.errors import DisquectlError, NothingThere, PartlyDone, ReplyError
from disquectl.execution.id_commands import check_ids, id_batches
from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.change_jobs import JobChange
from disquectl.merge.plan import MAYBE_QUEUED, NOT_ANSWERED, ON_EVERY_REPLICA, UNKNOWN, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words

# Reasons for which each job that was left is reported by its ID.
_REPORTED = (UNKNOWN, WAITING, MAYBE_QUEUED, NOT_ANSWERED)


def change_jobs_by_id(command: Command, values: Values, session: Session) -> None:
    """Change the jobs of the command line, or those of stdin batch by batch."""
    assert command.shape
    shape = command.shape(values).with_nodes()
    session.check_output(shape)
    session.guard(command, [*command.grammar.verb])
    one: bytes | None = values["id"] if isinstance(values["id"], bytes) else None
    given: Words = [one] if one is not None else list(values["id"])
    bad: list[int] = []
    batches: Iterable[Words] = [given]
    if one is None and given == [b"-"]:
        batches = id_batches(session, bad)
    else:
        check_ids(given)

    def may_repeat(words: Words) -> bool:
        return words[:1] != [*command.grammar.verb] or command.risk.may_repeat(words)

    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        change = JobChange(cluster, command.grammar.verb[0], refusals)
        sent = 0
        for batch in batches:
            change.apply(batch)
            sent += len(batch)
            require_an_answer(cluster, session, refusals, may_repeat=may_repeat)
        if refusals.found and change.nodes and not change.replies:
            raise refusals.first(session)
        if bad and not sent:
            raise ReplyError("BADID none of the lines is a job ID")
        nodes = [connection.name for connection in cluster.answered() if connection not in refusals.found]
        if one is None:
            present(shape, [{"count": change.count, "nodes": nodes}], session)
            _report_left(change, session)
        elif one in change.replies:
            present(shape, [{"id": one.decode(), "seconds": change.replies[one], "nodes": nodes}], session)
        elif change.left.get(one) == UNKNOWN and session.format != "table":
            present(shape, [], session)
        if sent:
            _warn_of_silent_nodes(command, cluster, refusals, session)
            settle(cluster, session, refusals=refusals, may_repeat=may_repeat)
    if bad:
        raise PartlyDone(f"{sent} IDs sent, {len(bad)} lines refused, {change.count} counted")
    if one is not None and one in change.left:
        raise _left_error(one, change.left[one])


def _left_error(job_id: bytes, reason: str) -> DisquectlError:
    """How a command for one job ends where nothing was sent."""
    text = f"{job_id.decode()}: {reason}"
    return NothingThere(text) if reason == UNKNOWN else PartlyDone(text)


def _report_left(change: JobChange, session: Session) -> None:
    """Report the IDs of jobs that may need a check, and the number of the others."""
    counts: dict[str, int] = {}
    for job_id, reason in change.left.items():
        if reason in _REPORTED:
            session.problem(f"{job_id.decode()}: {reason}")
        else:
            counts[reason] = counts.get(reason, 0) + 1
    for reason, count in counts.items():
        jobs = "1 job was" if count == 1 else f"{count} jobs were"
        session.note(f"note: {jobs} {reason}")


def _warn_of_silent_nodes(command: Command, cluster: Cluster, refusals: Refusals, session: Session) -> None:
    if command.grammar.verb[0] in ON_EVERY_REPLICA and (cluster.missing() or refusals.found):
        session.problem("a node that did not answer may have replicas of these jobs and deliver them again")
