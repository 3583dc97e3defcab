"""Replies of all nodes to the same requests: as records by node, as sums, or side by side."""

from __future__ import annotations

from disquectl.errors import ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.parameters import Record, Words

    # The records of each node for each request.
    Replies = list[tuple[NodeConnection, list[list[Record]]]]
    # The words sent and their reply -> records.
    ToRecords = Callable[[Words, Any], Iterable[Record]]


def ask_all(cluster: Cluster, requests: list[Words], to_records: ToRecords, refusals: Refusals) -> Replies:
    """The records of the nodes that answered every request, in the order of their addresses."""
    answers: dict[NodeConnection, list[list[Record]]] = {}
    for connection, words, reply in cluster.ask(*requests):
        if isinstance(reply, ReplyError):
            refusals.add(connection, words, reply)
            continue
        answers.setdefault(connection, []).append(list(to_records(list(words), reply)))  # type: ignore[arg-type]
    return [
        (connection, answers[connection])
        for connection in cluster.answered()
        if len(answers.get(connection, ())) == len(requests)
    ]


def sums(field: str, replies: Replies) -> list[Record]:
    """For each request the first node's record, with the sum of `field` over all nodes, and `nodes`."""
    nodes = [connection.name for connection, _ in replies]
    found: list[Record] = []
    for records in zip(*(answers for _, answers in replies), strict=True):
        total = sum(record[field] for (record,) in records)
        found.append({**records[0][0], field: total, "nodes": nodes})
    return found


def side_by_side(replies: Replies) -> list[Record]:
    """All records, each with its node; HELLO names its node itself."""
    return [
        {"node": connection.name, **record}
        for connection, answers in replies
        for records in answers
        for record in records
    ]


def unknown_to_all(requests: list[Words], replies: Replies) -> list[Words]:
    """The requests that every node answered without a record."""
    return [words for i, words in enumerate(requests) if not any(answers[i] for _, answers in replies)]
