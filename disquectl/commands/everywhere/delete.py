"""DELJOB on all nodes: every copy goes, and a job counts once however many nodes held it.

DELJOB itself forgets one node's copy and tells nobody, so that a copy elsewhere comes back when its retry
time is over. A node that does not answer may still hold copies; that is said.
"""

from __future__ import annotations

from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle
from disquectl.commands.everywhere.together import with_nodes
from disquectl.commands.idlist import id_batches
from disquectl.commands.road import show
from disquectl.errors import PartlyDone, ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.commands.row import Row, Values, Words
    from disquectl.commands.session import Session


def delete(row: Row, values: Values, session: Session) -> None:
    """Delete the IDs of the command line, or those of stdin batch by batch."""
    assert row.shape
    shape = with_nodes(row.shape(values))
    session.check_output(shape)
    session.guard(row, [*row.verb])
    bad: list[int] = []
    batches: Iterable[Words] = [list(values["id"])]
    if values["id"] == (b"-",):
        batches = id_batches(session, bad)
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        count = sent = 0
        for batch in batches:
            count += _deleted(cluster, batch, refusals)
            sent += len(batch)
            require_an_answer(cluster, session, refusals, writes=True)
        if bad and not sent:
            raise ReplyError("BADID none of the lines is a job ID")
        nodes = [link.name for link in cluster.answered() if link not in refusals.found]
        show(shape, [{"count": count, "nodes": nodes}], session)
        if sent:
            settle(cluster, session, writes=True, refusals=refusals)
    if bad:
        raise PartlyDone(f"{sent} IDs sent, {len(bad)} lines refused, {count} counted")


def _deleted(cluster: Cluster, ids: Words, refusals: Refusals) -> int:
    """How many of these jobs any node held. One request a job: a count of several says not which."""
    held = set()
    for link, request, reply in cluster.ask(*([b"DELJOB", job_id] for job_id in ids)):
        if isinstance(reply, ReplyError):
            refusals.add(link, request, reply)
        elif reply:
            held.add(request[1])
    return len(held)
