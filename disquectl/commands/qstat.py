"""QSTAT: what a node knows about a queue."""

from __future__ import annotations

from disquectl.protocol.replies import qstat
from disquectl.spec.command import QUEUES, Command, Grammar, Request, request_for_each
from disquectl.spec.param_types import QUEUE
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import PAUSED, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Words
    from disquectl.spec.shape import Kind

QSTAT_FIELDS = (
    "queue",
    "len",
    "age",
    "idle",
    "blocked",
    "import_from",
    "import_rate",
    "jobs_in",
    "jobs_out",
    "pause",
)
QSTAT_KINDS: dict[str, Kind] = {"age": "seconds", "idle": "seconds", "pause": "word"}
QSTAT_RANKS = (
    "queue",
    "len",
    "blocked",
    "pause",
    "jobs_in",
    "jobs_out",
    "idle",
    "age",
    "import_rate",
    "import_from",
)


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The queue's fields; none if the node does not have the queue."""
    fields = qstat(reply)
    return [] if fields is None else [fields]


COMMAND = Command(
    "qstat",
    "Show the state of queues: length, age, rates, pause.",
    group=QUEUES,
    example="disquectl qstat mail",
    details="age and idle are in seconds, import_rate is in jobs per second from other nodes. Exit code 4 if "
    "the node does not have the queue.",
    merge="list",
    of_one_node=True,
    grammar=Grammar(
        verb=(b"QSTAT",),
        arguments=(Argument("queue", QUEUE, "The queues.", many=True),),
        options=CLUSTER_OPTIONS,
    ),
    does=Request(
        records=records,
        shape=lambda values: Shape(
            QSTAT_FIELDS,
            RECORDS,
            many=len(values["queue"]) > 1,
            kinds=QSTAT_KINDS,
            ranks=QSTAT_RANKS,
            levels=PAUSED,
            empty="no queues",
        ),
        build=request_for_each,
        not_found_message="unknown queue: this node does not have it",
    ),
)
