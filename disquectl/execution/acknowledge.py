"""Acknowledges jobs that were taken: at the node that delivered them, else at every node that has a replica.

ACKJOB at a node that does not know the job can crash that node later (Disque 1.0-rc1). So it is sent without
a look only on the connection that delivered the job; after that has broken, every node is asked for the jobs
first, and only those that have them are sent ACKJOB.
"""

from __future__ import annotations

from disquectl.errors import ConnectionFailed, OutcomeUnknown, PartlyDone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from disquectl.client.transport import Transport
    from disquectl.execution.session import Session


def acknowledge_taken(session: Session, job_ids: Sequence[str]) -> None:
    """Acknowledge jobs that the session's connection has delivered. Raises as acknowledge_where_found."""
    client = session.client
    if client.node is not None and acknowledge_at(client, job_ids):
        return
    acknowledge_where_found(session, job_ids)


def acknowledge_at(client: Transport, job_ids: Sequence[str]) -> bool:
    """Send ACKJOB to the node of this client alone, once; False when no answer came.

    Raises ReplyError for a refusal.
    """
    try:
        client.call("ACKJOB", *job_ids, failover=False)
    except (ConnectionFailed, OutcomeUnknown):
        client.close()
        return False
    return True


def acknowledge_where_found(
    session: Session, job_ids: Iterable[str], client: Transport | None = None
) -> None:
    """Acknowledge the jobs at every node that has a replica; a job that no node has is left.

    `client` gives the seeds and the timeouts, by default those of the session. Raises PartlyDone when a node
    did not answer and may have some of them; when none answered, the reason.
    """
    from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer
    from disquectl.fanout.change_jobs import JobChange

    with open_cluster(client or session.client) as cluster:
        refusals = Refusals()
        JobChange(cluster, b"ACKJOB", refusals).apply(job_id.encode() for job_id in job_ids)
        require_an_answer(cluster, session, refusals)
        silent = [str(one.node) for one in cluster.missing()]
        silent += [str(connection.node) for connection in refusals.found]
    if silent:
        raise PartlyDone(f"{', '.join(silent)} did not answer and may deliver some of them again")
