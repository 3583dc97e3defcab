"""Changes a job whose connection has ended: every node is asked for it first, and told where it has effect.

For ACKJOB that is every node that has a replica, since the node that delivered it may be in no list; for the
others one node (merge/plan.py).
"""

from __future__ import annotations

from disquectl.errors import ConnectionFailed, OutcomeUnknown, PartlyDone, ReplyError
from disquectl.fanout.ask import Refusals, open_cluster, silent_nodes
from disquectl.fanout.change_jobs import JobChange
from disquectl.merge.plan import ACKNOWLEDGED, ALREADY_QUEUED, UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.address import Node
    from disquectl.client.cluster import Cluster
    from disquectl.client.transport import Transport

# Reasons for which there is nothing to do.
_SETTLED = (ACKNOWLEDGED, ALREADY_QUEUED, UNKNOWN)


def change_where_found(transport: Transport, verb: bytes, job_id: str, taken_at: Node) -> int | None:
    """Return the reply of a node; None: no node knows the job, or it is acknowledged or queued already.

    Raises ConnectionFailed where nothing was sent because nodes do not answer, PartlyDone where other nodes
    have acknowledged the job and the one that delivered it does not answer, OutcomeUnknown, and ReplyError.
    """
    key = job_id.encode()
    with open_cluster(transport) as cluster:
        refusals = Refusals()
        change = JobChange(cluster, verb, refusals)
        change.apply([key])
        if not cluster.answered():
            raise ConnectionFailed("; ".join(silent_nodes(cluster, refusals)))
        is_silent = _is_silent(cluster, refusals, taken_at)
        nodes, name = ", ".join(change.nodes.get(key, ())), f"{verb.decode()} of {job_id}"
        if key in change.replies:
            if is_silent and verb == b"ACKJOB":
                raise PartlyDone(
                    f"{job_id} is acknowledged at {nodes}; {taken_at}, which delivered it, does not answer "
                    "and may deliver it again"
                )
            return change.replies[key]
        if key in change.refused:
            raise ReplyError(change.refused[key])
        if key in change.nodes:
            raise OutcomeUnknown(f"{nodes} did not answer {name}: it may or may not have been carried out")
        reason = change.left[key]
        if is_silent or reason not in _SETTLED:
            reasons = "; ".join([reason, *silent_nodes(cluster, refusals)])
            raise ConnectionFailed(f"{name} was not sent: {reasons}")
        return None


def put_back_where_found(transport: Transport, job_ids: Iterable[str]) -> None:
    """Queue jobs again by ENQUEUE, those that can be; the others come back after their retry time."""
    with open_cluster(transport) as cluster:
        JobChange(cluster, b"ENQUEUE", Refusals()).apply(job_id.encode() for job_id in job_ids)


def _is_silent(cluster: Cluster, refusals: Refusals, node: Node) -> bool:
    silent = [one.node for one in cluster.missing()] + [connection.node for connection in refusals.found]
    return node in silent
