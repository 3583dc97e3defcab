"""QSCAN and JSCAN over all nodes at the same time, each scanned to its end, page by page."""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.protocol.columns import Column, Columns
from disquectl.protocol.replies import jscan_page, next_cursor, qscan_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Words


def scan_pages(
    cluster: Cluster, verb: tuple[bytes, ...], options: Words, refusals: Refusals
) -> Iterator[tuple[NodeConnection, Records]]:
    """Each page with its node. The next page is requested before one is yielded."""
    for connection, request, reply in cluster.ask([*verb, b"0", *options]):
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
            continue
        cursor = next_cursor(reply, verb[0].decode())
        if cursor:
            connection.ask([[*verb, b"%d" % cursor, *options]])
        yield connection, _records(verb, reply)


def holders_of_queues(cluster: Cluster, options: Words, refusals: Refusals) -> dict[bytes, list[str]]:
    """Each queue with the nodes that have it, the one that named it first at the front."""
    found: dict[bytes, list[str]] = {}
    for connection, records in scan_pages(cluster, (b"QSCAN",), options, refusals):
        for record in records:
            holders = found.setdefault(record["queue"], [])
            # A scan may return a queue twice.
            if connection.name not in holders:
                holders.append(connection.name)
    return found


def _records(verb: tuple[bytes, ...], reply: Reply) -> Records:
    if verb == (b"JSCAN",):
        return jscan_page(reply)[1]
    _, names = qscan_page(reply)
    return Columns(("queue",), [Column(names, {bytes})])
