"""PAUSE: stop jobs from going into a queue, out of it, or both."""

from __future__ import annotations

from disquectl.protocol.shapes import text
from disquectl.spec.command import QUEUES, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import FLAG, QUEUE, one_of
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument, Option
from disquectl.spec.shape import VALUE, Shape

MEANINGS = {
    "in": "no jobs go in",
    "out": "none come out",
    "all": "both",
    "none": "not paused",
    "state": "only show",
    "bcast": "the same on all nodes",
}

COMMAND = Command(
    "pause",
    "Pause a queue, or show whether it is paused.",
    group=QUEUES,
    example="disquectl pause mail in --bcast",
    details="The state is set to what is asked for here, it does not add to what was. "
    "nack, enqueue and getjob work on a queue that is paused in input.",
    merge="list",
    grammar=Grammar(
        verb=(b"PAUSE",),
        arguments=(
            Argument("queue", QUEUE, "The queue."),
            Argument(
                "what",
                one_of("in", "out", "all", "none", "state", "bcast", meanings=MEANINGS),
                "in: no jobs go in; out: none come out; all: both; none: not paused; state: only show.",
                many=True,
            ),
        ),
        options=(
            Option("--bcast", FLAG, "Set the same state on all nodes.", word=b"BCAST"),
            *CLUSTER_OPTIONS,
        ),
    ),
    risk=Risk(
        WRITE, reads_when=lambda words: len(words) > 2 and all(word.lower() == b"state" for word in words[2:])
    ),
    does=Request(
        records=lambda words, reply: [{"queue": words[1], "state": text("PAUSE", reply)}],
        shape=lambda _: Shape(("queue", "state"), VALUE, many=False, value="state"),
    ),
)
