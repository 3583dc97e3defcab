"""QPEEK: look at the jobs of a queue without taking them."""

from __future__ import annotations

from disquectl.commands.kinds import INT64, QUEUE
from disquectl.commands.row import PEEKED, QUEUES, Argument, Row
from disquectl.protocol.replies import jobs
from disquectl.render.shape import RECORDS, Shape

ROW = Row(
    "qpeek",
    "Look at queued jobs without taking them.",
    verb=(b"QPEEK",),
    group=QUEUES,
    everywhere=PEEKED,
    arguments=(
        Argument("queue", QUEUE, "The queue."),
        Argument(
            "count",
            INT64,
            "How many, oldest first; a negative number: newest first. [default: 10]",
            required=False,
            default="10",
        ),
    ),
    example="disquectl qpeek mail -5",
    shape=lambda _: Shape(
        ("queue", "id", "body"), RECORDS, many=True, body="body", kinds={"id": "id", "body": "body"}
    ),
    records=lambda words, reply: jobs(reply, "QPEEK"),
)
