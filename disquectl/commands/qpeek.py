"""QPEEK: look at the jobs of a queue without taking them."""

from __future__ import annotations

from disquectl.protocol.replies import jobs
from disquectl.spec.command import QUEUES, Command, Grammar, Request
from disquectl.spec.param_types import INT64, QUEUE
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import RECORDS, Shape

COMMAND = Command(
    "qpeek",
    "Look at queued jobs without taking them.",
    group=QUEUES,
    example="disquectl qpeek mail -5",
    merge="peek",
    of_one_node=True,
    grammar=Grammar(
        verb=(b"QPEEK",),
        arguments=(
            Argument("queue", QUEUE, "The queue."),
            Argument(
                "count",
                INT64,
                "Show COUNT jobs, oldest first; a negative COUNT shows the newest first. [default: 10]",
                required=False,
                default="10",
            ),
        ),
        options=CLUSTER_OPTIONS,
    ),
    does=Request(
        records=lambda words, reply: jobs(reply, "QPEEK"),
        shape=lambda _: Shape(
            ("queue", "id", "body"),
            RECORDS,
            many=True,
            body="body",
            kinds={"id": "id", "body": "body"},
            ranks=("id", "body", "queue"),
            empty="no queued jobs",
        ),
    ),
)
