"""PAUSE: stop jobs from entering a queue, from leaving it, or both."""

from __future__ import annotations

from disquectl.protocol.shapes import text
from disquectl.spec.command import QUEUES, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import FLAG, QUEUE, one_of
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument, Option
from disquectl.spec.shape import VALUE, Shape

MEANINGS = {
    "in": "accept no jobs",
    "out": "deliver no jobs",
    "all": "both",
    "none": "resume",
    "state": "only show the state",
    "bcast": "on all nodes",
}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Values


def informs_others(values: Values) -> bool:
    """Whether the node sets the state on all others, too."""
    return bool(values.get("bcast")) or any(word.lower() == "bcast" for word in values["what"])


COMMAND = Command(
    "pause",
    "Pause or resume a queue, or show its state.",
    group=QUEUES,
    example="disquectl pause mail in --bcast",
    details="Replaces the previous state and does not add to it. nack, enqueue and getjob work on a queue "
    "that is paused for input.",
    merge="list",
    grammar=Grammar(
        verb=(b"PAUSE",),
        arguments=(
            Argument("queue", QUEUE, "The queue."),
            Argument(
                "what",
                one_of(*MEANINGS, noun="word", meanings=MEANINGS),
                "in: accept no jobs; out: deliver no jobs; all: both; none: resume; state: only show it.",
                many=True,
            ),
        ),
        options=(
            Option("--bcast", FLAG, "Set the state on all nodes.", word=b"BCAST"),
            *CLUSTER_OPTIONS,
        ),
    ),
    risk=Risk(
        WRITE,
        reads_when=lambda words: len(words) > 2 and all(word.lower() == b"state" for word in words[2:]),
        informs_others=informs_others,
    ),
    does=Request(
        records=lambda words, reply: [{"queue": words[1], "state": text("PAUSE", reply)}],
        shape=lambda _: Shape(("queue", "state"), VALUE, many=False, value="state"),
    ),
)
