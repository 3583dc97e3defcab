"""HELLO: the connected node and the nodes that it knows."""

from __future__ import annotations

from disquectl.protocol.server_replies import hello
from disquectl.spec.command import SERVER, Command, Grammar, Request
from disquectl.spec.parameters import CLUSTER_OPTIONS
from disquectl.spec.shape import TREE, Shape

SHAPE = Shape(
    ("version", "node", "id", "host", "port", "priority"),
    TREE,
    many=False,
    kinds={"id": "id", "node": "id"},
)


COMMAND = Command(
    "hello",
    "Show the node that answers and the nodes it knows.",
    group=SERVER,
    example="disquectl hello -o json",
    details="The priority of a node: 1 good, 5 not linked yet, 10 possibly failing, 100 failing or "
    "leaving. A node that has not learned its own address shows an empty host.",
    merge="list",
    grammar=Grammar(verb=(b"HELLO",), options=CLUSTER_OPTIONS),
    does=Request(records=lambda words, reply: [hello(reply)], shape=lambda _: SHAPE),
)
