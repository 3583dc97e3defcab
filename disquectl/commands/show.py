"""SHOW: everything a node knows about a job."""

from __future__ import annotations

from disquectl.commands.kinds import JOB_ID
from disquectl.commands.row import JOBS, LISTED, UNKNOWN_JOB, Argument, Row, request_for_each
from disquectl.protocol.replies import show
from disquectl.render.shape import PAIRS, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.commands.row import Record, Values, Words
    from disquectl.protocol.resp import Reply

SHOW_FIELDS = (
    "id",
    "queue",
    "state",
    "repl",
    "ttl",
    "ctime",
    "delay",
    "retry",
    "nacks",
    "additional_deliveries",
    "nodes_delivered",
    "nodes_confirmed",
    "next_requeue_within",
    "next_awake_within",
    "body",
)
# What people read instead of Disque's units.
SHOW_KINDS = {
    "id": "id",
    "body": "body",
    "ttl": "seconds",
    "delay": "seconds",
    "retry": "seconds",
    "ctime": "ctime_ns",
    "next_requeue_within": "ms",
    "next_awake_within": "ms",
}


def shape(values: Values) -> Shape:
    """Key and value for one job, a row a job for several."""
    many = len(values["id"]) > 1
    return Shape(SHOW_FIELDS, RECORDS if many else PAIRS, many=many, body="body", kinds=SHOW_KINDS)


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The job's fields; none where the node does not know it."""
    fields = show(reply)
    return [] if fields is None else [fields]


ROW = Row(
    "show",
    "Show all that a node knows about jobs.",
    verb=(b"SHOW",),
    group=JOBS,
    everywhere=LISTED,
    arguments=(Argument("id", JOB_ID, "The jobs.", many=True),),
    details="ttl, delay and retry are seconds, ctime is nanoseconds since 1970, next_requeue_within and "
    "next_awake_within are milliseconds. Exit code 4 for a job that the node does not know.",
    errors=UNKNOWN_JOB,
    absent="unknown job: the node has no copy of it",
    example="disquectl show D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1 -o json",
    shape=shape,
    requests=request_for_each,
    records=records,
)
