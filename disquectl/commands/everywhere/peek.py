"""QPEEK over all nodes: the jobs of a queue as if it were one, each once.

QPEEK does not say when a job was made, which is what queues are sorted by; SHOW does.
"""

from __future__ import annotations

from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle
from disquectl.commands.everywhere.together import with_node
from disquectl.commands.road import show
from disquectl.errors import ReplyError
from disquectl.protocol.replies import complete, jobs
from disquectl.protocol.replies import show as shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.commands.row import Record, Row, Values
    from disquectl.commands.session import Session


def peek(row: Row, values: Values, session: Session) -> None:
    """The oldest of all nodes, or with a negative count the newest."""
    assert row.shape
    shape = with_node(row.shape(values))
    session.check_output(shape)
    count: int = values["count"]
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        found = _queued(cluster, [b"QPEEK", values["queue"], b"%d" % count], refusals)
        require_an_answer(cluster, session, refusals)
        ordered = sorted(found, key=lambda made: (made[0], made[1]["id"]), reverse=count < 0)
        show(shape, [record for _, record in ordered[: abs(count)]], session)
        settle(cluster, session, refusals=refusals)


def _queued(cluster: Cluster, request: list[bytes], refusals: Refusals) -> list[tuple[int, Record]]:
    """When each job was made, and the job; one that has left its queue meanwhile is left out."""
    peeked: dict[str, Record] = {}
    made: dict[str, int] = {}
    for link, asked, reply in cluster.ask(request):
        if isinstance(reply, ReplyError):
            refusals.add(link, asked, reply)
        elif asked[0] == b"QPEEK":
            new = [job for job in jobs(reply, "QPEEK") if job["id"] not in peeked]
            peeked.update((job["id"], {"node": link.name, **job}) for job in new)
            link.ask([[b"SHOW", job["id"]] for job in new])
        elif (fields := shown(reply)) is not None:
            made[fields["id"]] = complete(fields, ("id", "ctime"))["ctime"]
    return [(made[job_id], job) for job_id, job in peeked.items() if job_id in made]
