"""Finds the job IDs with a given beginning, by a scan of all nodes at the same time."""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.jobid import starts_with
from disquectl.protocol.replies import next_cursor
from disquectl.protocol.shapes import array, octets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.fanout.ask import Refusals

# Elements that a node looks at in one step.
_PAGE = b"1000"


def ids_that_start_with(cluster: Cluster, beginning: bytes, refusals: Refusals) -> list[bytes]:
    """The IDs of all nodes with this beginning, each once, sorted."""
    found: set[bytes] = set()
    for connection, request, reply in cluster.ask(_page(0)):
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
            continue
        if cursor := next_cursor(reply, "JSCAN"):
            connection.ask([_page(cursor)])
        ids = array("JSCAN", array("JSCAN", reply, at_least=2)[1])
        found.update(
            job_id for job_id in (octets("JSCAN", one) for one in ids) if starts_with(job_id, beginning)
        )
    return sorted(found)


def _page(cursor: int) -> list[bytes]:
    return [b"JSCAN", b"%d" % cursor, b"COUNT", _PAGE, b"REPLY", b"id"]
