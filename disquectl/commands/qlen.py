"""QLEN: how many jobs wait in a queue."""

from __future__ import annotations

from disquectl.commands.kinds import QUEUE
from disquectl.commands.row import ADDED, QUEUES, Argument, Row, request_for_each
from disquectl.protocol.shapes import integer
from disquectl.render.shape import VALUE, Shape

ROW = Row(
    "qlen",
    "Print how many jobs are queued.",
    verb=(b"QLEN",),
    group=QUEUES,
    everywhere=ADDED,
    arguments=(Argument("queue", QUEUE, "The queues.", many=True),),
    details="Counts the jobs in the queue of this one node, or with --cluster of all; delayed and "
    "delivered ones are not in it.",
    example="disquectl qlen mail thumbnails",
    shape=lambda values: Shape(("queue", "length"), VALUE, many=len(values["queue"]) > 1, value="length"),
    requests=request_for_each,
    records=lambda words, reply: [{"queue": words[1], "length": integer("QLEN", reply)}],
)
