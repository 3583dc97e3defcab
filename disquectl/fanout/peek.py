"""QPEEK over all nodes: the jobs of a queue as if it were on one node, each once.

Queues are sorted by creation time, which QPEEK does not return; SHOW does.
"""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.replies import complete, jobs
from disquectl.protocol.replies import show as shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.parameters import Record


def peek(cluster: Cluster, queue: bytes, count: int, refusals: Refusals) -> list[Record]:
    """The oldest jobs of all nodes, or with a negative count the newest, each with its node."""
    found = _queued(cluster, [b"QPEEK", queue, b"%d" % count], refusals)
    ordered = sorted(found, key=lambda made: (made[0], made[1]["id"]), reverse=count < 0)
    return [record for _, record in ordered[: abs(count)]]


def _queued(cluster: Cluster, request: list[bytes], refusals: Refusals) -> list[tuple[int, Record]]:
    """The creation time of each job, and the job; one that has left its queue meanwhile is left out."""
    peeked: dict[str, Record] = {}
    made: dict[str, int] = {}
    for connection, asked, reply in cluster.ask(request):
        if isinstance(reply, ReplyError):
            refusals.add(connection, asked, reply)
        elif asked[0] == b"QPEEK":
            new = [job for job in jobs(reply, "QPEEK") if job["id"] not in peeked]
            peeked.update((job["id"], {"node": connection.name, **job}) for job in new)
            connection.ask([[b"SHOW", job["id"]] for job in new])
        elif (fields := shown(reply)) is not None:
            made[fields["id"]] = complete(fields, ("id", "ctime"))["ctime"]
    return [(made[job_id], job) for job_id, job in peeked.items() if job_id in made]
