"""PAUSE: stop jobs from going into a queue, out of it, or both."""

from __future__ import annotations

from disquectl.commands.kinds import FLAG, QUEUE, one_of
from disquectl.commands.row import LISTED, QUEUES, WRITE, Argument, Option, Row
from disquectl.protocol.shapes import text
from disquectl.render.shape import VALUE, Shape

MEANINGS = {
    "in": "no jobs go in",
    "out": "none come out",
    "all": "both",
    "none": "not paused",
    "state": "only show",
    "bcast": "the same on all nodes",
}

ROW = Row(
    "pause",
    "Pause a queue, or show whether it is paused.",
    verb=(b"PAUSE",),
    group=QUEUES,
    everywhere=LISTED,
    effect=WRITE,
    # Any word but STATE sets the state anew, BCAST tells it to the other nodes.
    reads_when=lambda words: len(words) > 2 and all(word.lower() == b"state" for word in words[2:]),
    arguments=(
        Argument("queue", QUEUE, "The queue."),
        Argument(
            "what",
            one_of("in", "out", "all", "none", "state", "bcast", meanings=MEANINGS),
            "in: no jobs go in; out: none come out; all: both; none: not paused; state: only show.",
            many=True,
        ),
    ),
    options=(Option("--bcast", FLAG, "Set the same state on all nodes.", word=b"BCAST"),),
    details="The state is set to what is asked for here, it does not add to what was. "
    "nack, enqueue and getjob work on a queue that is paused in input.",
    example="disquectl pause mail in --bcast",
    shape=lambda _: Shape(("queue", "state"), VALUE, many=False, value="state"),
    records=lambda words, reply: [{"queue": words[1], "state": text("PAUSE", reply)}],
)
