"""QSTAT: what a node knows about a queue."""

from __future__ import annotations

from disquectl.commands.kinds import QUEUE
from disquectl.commands.row import LISTED, QUEUES, Argument, Row, request_for_each
from disquectl.protocol.replies import qstat
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.commands.row import Record, Words
    from disquectl.protocol.resp import Reply

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
QSTAT_KINDS = {"age": "seconds", "idle": "seconds"}


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The queue's fields; none where the node does not have it."""
    fields = qstat(reply)
    return [] if fields is None else [fields]


ROW = Row(
    "qstat",
    "Show the state of queues: length, age, rates, pause.",
    verb=(b"QSTAT",),
    group=QUEUES,
    everywhere=LISTED,
    arguments=(Argument("queue", QUEUE, "The queues.", many=True),),
    details="age and idle are seconds, import_rate is jobs a second from other nodes. Exit code 4 for a "
    "queue that the node does not have.",
    absent="unknown queue: the node has none of that name",
    example="disquectl qstat mail",
    shape=lambda values: Shape(QSTAT_FIELDS, RECORDS, many=len(values["queue"]) > 1, kinds=QSTAT_KINDS),
    requests=request_for_each,
    records=records,
)
