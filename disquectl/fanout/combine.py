"""The replies of all nodes, asked the same: as records by node, as sums, or side by side."""

from __future__ import annotations

from disquectl.errors import ReplyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.parameters import Record, Words

    # What each node said to each request, as records.
    Said = list[tuple[NodeConnection, list[list[Record]]]]
    # The words sent and their reply -> records.
    ToRecords = Callable[[Words, object], Iterable[Record]]


def ask_all(cluster: Cluster, requests: list[Words], to_records: ToRecords, refusals: Refusals) -> Said:
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


def sums(field: str, said: Said) -> list[Record]:
    """For each request the first node's record, with the sum of `field` over all nodes, and `nodes`."""
    nodes = [connection.name for connection, _ in said]
    found: list[Record] = []
    for records in zip(*(answers for _, answers in said), strict=True):
        total = sum(record[field] for (record,) in records)
        found.append({**records[0][0], field: total, "nodes": nodes})
    return found


def side_by_side(said: Said) -> list[Record]:
    """All records, each with the node that said it; HELLO names its node itself."""
    return [
        {"node": connection.name, **record}
        for connection, answers in said
        for records in answers
        for record in records
    ]


def unknown_to_all(requests: list[Words], said: Said) -> list[Words]:
    """The requests to which no node had anything to say."""
    return [words for place, words in enumerate(requests) if not any(answers[place] for _, answers in said)]
