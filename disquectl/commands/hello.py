"""HELLO: the node that answers, and the nodes that it knows."""

from __future__ import annotations

from disquectl.client.identity import stranger_in_hello
from disquectl.commands.road import exchange, show
from disquectl.commands.row import LISTED, SERVER, Row
from disquectl.protocol.server_replies import hello
from disquectl.render.shape import TREE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session

SHAPE = Shape(
    ("version", "node", "id", "host", "port", "priority"),
    TREE,
    many=False,
    kinds={"id": "id", "node": "id"},
)


def run(row: Row, values: Values, session: Session) -> None:
    """The usual way, but for a Redis: a later one has a HELLO of its own."""
    session.check_output(SHAPE)
    reply = exchange(row, [*row.verb], session)
    if session.client.node and (problem := stranger_in_hello(session.client.node, reply)):
        raise problem
    show(SHAPE, [hello(reply)], session)


ROW = Row(
    "hello",
    "Show the node that answers and the nodes it knows.",
    verb=(b"HELLO",),
    group=SERVER,
    everywhere=LISTED,
    details="The priority of a node: 1 good, 5 not linked yet, 10 possibly failing, 100 failing or leaving. "
    "A node that nobody told its address shows an empty host.",
    example="disquectl hello -o json",
    shape=lambda _: SHAPE,
    records=lambda words, reply: [hello(reply)],
    run=run,
)
