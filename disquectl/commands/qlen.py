"""QLEN: the number of queued jobs."""

from __future__ import annotations

from disquectl.protocol.shapes import integer
from disquectl.spec.command import QUEUES, Command, Grammar, Request, request_for_each
from disquectl.spec.param_types import QUEUE
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import VALUE, Shape

COMMAND = Command(
    "qlen",
    "Print how many jobs are queued.",
    group=QUEUES,
    example="disquectl qlen mail thumbnails",
    details="Counts the queue on one node, or with --cluster on all nodes. Delayed and delivered jobs are "
    "not counted.",
    merge="add",
    of_one_node=True,
    grammar=Grammar(
        verb=(b"QLEN",),
        arguments=(Argument("queue", QUEUE, "The queues.", many=True),),
        options=CLUSTER_OPTIONS,
    ),
    does=Request(
        records=lambda words, reply: [{"queue": words[1], "length": integer("QLEN", reply)}],
        shape=lambda values: Shape(("queue", "length"), VALUE, many=len(values["queue"]) > 1, value="length"),
        build=request_for_each,
    ),
)
