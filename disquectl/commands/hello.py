"""HELLO: the node that answers, and the nodes that it knows."""

from __future__ import annotations

from disquectl.commands.row import LISTED, SERVER, Row
from disquectl.protocol.server_replies import hello
from disquectl.render.shape import TREE, Shape

ROW = Row(
    "hello",
    "Show the node that answers and the nodes it knows.",
    verb=(b"HELLO",),
    group=SERVER,
    redis_too=True,
    everywhere=LISTED,
    details="The priority of a node: 1 good, 5 not linked yet, 10 possibly failing, 100 failing or leaving. "
    "A node that nobody told its address shows an empty host.",
    example="disquectl hello -o json",
    shape=lambda _: Shape(
        ("version", "node", "id", "host", "port", "priority"),
        TREE,
        many=False,
        kinds={"id": "id", "node": "id"},
    ),
    records=lambda words, reply: [hello(reply)],
)
