"""Finds out which words are names of existing queues, so that the others can be patterns.

A queue exists if a node has it, or has a job of it: Disque does not create a queue for a delayed job, and
forgets one whose jobs are all in flight. QSTAT answers the first at once; the second takes a scan for IDs of
that queue, for names that no node has as a queue. This is done before the scan of the jobs, so a job is
tested once and can be acted on, or written, as it comes. For plain names nothing is asked.
"""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.replies import next_cursor
from disquectl.protocol.shapes import array
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.queue_patterns import QueueWords

# With few hits, a node looks at ten times as many elements for one page.
_PAGE = b"100"


def settle_queues(cluster: Cluster, queues: QueueWords, refusals: Refusals) -> None:
    """Find out what the open words are. Without such words nothing is asked."""
    if queues.open:
        queues.settle(existing_queues(cluster, queues.open, refusals))


def existing_queues(cluster: Cluster, names: Iterable[bytes], refusals: Refusals) -> set[bytes]:
    """Those of these names that any node has a queue or a job of."""
    wanted = sorted(names)
    found: set[bytes] = set()
    for connection, request, reply in cluster.ask(*([b"QSTAT", name] for name in wanted)):
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
        elif reply is not None:
            found.add(as_bytes(request[1]))
    scans = [_page(0, name) for name in wanted if name not in found]
    for connection, request, reply in cluster.ask(*scans) if scans else ():
        name = as_bytes(request[-1])
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
            continue
        if array("JSCAN", array("JSCAN", reply, at_least=2)[1]):
            found.add(name)
        if (cursor := next_cursor(reply, "JSCAN")) and name not in found:
            connection.ask([_page(cursor, name)])
    return found


def _page(cursor: int, queue: bytes) -> list[bytes]:
    return [b"JSCAN", b"%d" % cursor, b"COUNT", _PAGE, b"REPLY", b"id", b"QUEUE", queue]
