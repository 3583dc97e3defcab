"""The answers of all nodes, added up or listed side by side, by what the row says of one answer.

Sums get `nodes`, those that answered; what is listed gets `node`, the one that said it.
"""

from __future__ import annotations

from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle
from disquectl.commands.road import row_records, show
from disquectl.errors import NothingThere, PartlyDone, ReplyError, UsageError
from disquectl.render.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.client.link import Link
    from disquectl.commands.row import Record, Row, Values, Words
    from disquectl.commands.session import Session

    # What each node said to each request, as records.
    Said = list[tuple[Link, list[list[Record]]]]


def add_up(row: Row, values: Values, session: Session) -> None:
    """A sum for each request."""
    assert row.shape
    shape = with_nodes(row.shape(values))
    requests = _checked(row, values, shape, session)
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        said = _ask(cluster, row, requests, refusals)
        require_an_answer(cluster, session, refusals)
        show(shape, sums(shape, said), session)
        settle(cluster, session, refusals=refusals)


def sums(shape: Shape, said: Said) -> list[Record]:
    """The first node's record of each request, with the value of all nodes and the nodes themselves."""
    assert shape.value
    nodes = [link.name for link, _ in said]
    found: list[Record] = []
    for records in zip(*(answers for _, answers in said), strict=True):
        total = sum(record[shape.value] for (record,) in records)
        found.append({**records[0][0], shape.value: total, "nodes": nodes})
    return found


def side_by_side(row: Row, values: Values, session: Session) -> None:
    """What each node said, node by node; a name that no node knows is nothing there."""
    assert row.shape
    shape = with_node(row.shape(values))
    requests = _checked(row, values, shape, session)
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        said = _ask(cluster, row, requests, refusals)
        require_an_answer(cluster, session, refusals)
        show(shape, listed(said), session)
        unknown = _unknown(requests, said) if row.absent else []
        if unknown and len(requests) > 1:
            for words in unknown:
                session.problem(f"{words[-1].decode('utf-8', 'backslashreplace')}: no node has it")
        settle(cluster, session, refusals=refusals)
        if len(unknown) == len(requests):
            raise NothingThere(row.absent.partition(":")[0] + ": no node has it")
        if unknown:
            raise PartlyDone(f"{len(requests) - len(unknown)} found, {len(unknown)} unknown")


def listed(said: Said) -> list[Record]:
    """All records, each with the node that said it; HELLO names its node itself."""
    return [
        {"node": link.name, **record} for link, answers in said for records in answers for record in records
    ]


def with_nodes(shape: Shape) -> Shape:
    """The shape of sums."""
    return Shape(
        (*shape.fields, "nodes"),
        shape.layout,
        many=shape.many,
        value=shape.value,
        kinds=shape.kinds,
        body=shape.body,
    )


def with_node(shape: Shape) -> Shape:
    """The shape of what is listed node by node."""
    fields = shape.fields if "node" in shape.fields else ("node", *shape.fields)
    layout = RECORDS if shape.layout == PAIRS else shape.layout
    return Shape(fields, layout, many=True, value=shape.value, kinds=shape.kinds, body=shape.body)


def _checked(row: Row, values: Values, shape: Shape, session: Session) -> list[Words]:
    """The requests, once nothing speaks against them."""
    session.check_output(shape)
    requests = row.requests(row, values)
    for words in requests:
        if row.verb == (b"PAUSE",) and b"bcast" in [word.lower() for word in words[2:]]:
            raise UsageError("--bcast makes one node tell all: leave it or --cluster out")
        if not row.only_reads(words):
            session.guard(row, words)
    return requests


def _ask(cluster: Cluster, row: Row, requests: list[Words], refusals: Refusals) -> Said:
    """The records of the nodes that answered everything, in the order of their addresses."""
    answers: dict[Link, list[list[Record]]] = {}
    for link, words, reply in cluster.ask(*requests):
        if isinstance(reply, ReplyError):
            refusals.add(link, words, reply)
            continue
        answers.setdefault(link, []).append(list(row_records(row, list(words), reply)))  # type: ignore[arg-type]
    return [
        (link, answers[link]) for link in cluster.answered() if len(answers.get(link, ())) == len(requests)
    ]


def _unknown(requests: list[Words], said: Said) -> list[Words]:
    """The requests to which no node had anything to say."""
    return [words for place, words in enumerate(requests) if not any(answers[place] for _, answers in said)]
