"""Acknowledging jobs that this session took: where they were taken, else only where a look shows them.

ACKJOB at a node that does not have the job can crash that node later, so it is not sent to the next seed.
"""

from __future__ import annotations

from disquectl.errors import ConnectionFailed, OutcomeUnknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.execution.session import Session


def acknowledge_taken(session: Session, job_ids: Sequence[str]) -> None:
    """Acknowledge them. Raises PartlyDone where some may come back, and what `Transport.call` raises."""
    client = session.client
    if client.node is not None:
        try:
            client.call("ACKJOB", *job_ids, failover=False)
        except (ConnectionFailed, OutcomeUnknown):
            client.close()
        else:
            return
    from disquectl.fanout.found import acknowledge_where_found

    acknowledge_where_found(session, job_ids)
