"""PAUSE: stop jobs from entering a queue, from leaving it, or both."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.shapes import text
from disquectl.spec.command import QUEUES, WRITE, Command, Grammar, Request, Risk, one_request
from disquectl.spec.param_types import FLAG, QUEUE, one_of
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument, Option
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Values, Words

MEANINGS = {
    "in": "accept no jobs",
    "out": "deliver no jobs",
    "all": "both",
    "none": "resume",
    "state": "only show the state",
    "bcast": "on all nodes",
}


def check(values: Values) -> None:
    """Reject --bcast without a state to set."""
    if values.get("bcast") and not values.get("what"):
        raise UsageError("--bcast needs a state to set", "choose in, out, all or none")


def build(command: Command, values: Values) -> list[Words]:
    """The request; without a word it asks for the state."""
    return one_request(command, values if values.get("what") else {**values, "what": ("state",)})


def informs_others(values: Values) -> bool:
    """Whether the node sets the state on all others, too."""
    return bool(values.get("bcast")) or any(word.lower() == "bcast" for word in values.get("what", ()))


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
                "in: accept no jobs; out: deliver no jobs; all: both; none: resume; state: show it.",
                many=True,
                required=False,
            ),
        ),
        options=(
            Option("--bcast", FLAG, "Set the state on all nodes.", word=b"BCAST"),
            *CLUSTER_OPTIONS,
        ),
        check=check,
    ),
    risk=Risk(
        WRITE,
        reads_when=lambda words: len(words) > 2 and all(word.lower() == b"state" for word in words[2:]),
        informs_others=informs_others,
    ),
    does=Request(
        build=build,
        records=lambda words, reply: [{"queue": words[1], "state": text("PAUSE", reply)}],
        shape=lambda _: Shape(("queue", "state"), VALUE, many=False, value="state"),
    ),
)
