"""SHOW: all that a node knows about a job."""

from __future__ import annotations

from disquectl.protocol.replies import show
from disquectl.spec.body_options import BODY_OPTIONS
from disquectl.spec.command import JOBS, UNKNOWN_JOB, Command, Grammar, Request, request_for_each
from disquectl.spec.param_types import JOB_ID
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import PAIRS, RECORDS, Shape
from disquectl.spec.show_fields import SHOW_FIELDS, SHOW_KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words


def shape(values: Values) -> Shape:
    """Key and value lines for one job, a row each for several."""
    many = len(values["id"]) > 1
    return Shape(
        SHOW_FIELDS, RECORDS if many else PAIRS, many=many, body="body", kinds=SHOW_KINDS, folds=True
    )


def records(words: Words, reply: Reply) -> Iterable[Record]:
    """The job's fields; none if the node does not know it."""
    fields = show(reply)
    return [] if fields is None else [fields]


def remark(found: list[Record]) -> str:
    """Where the other replicas are to be seen: a job that is active here may be queued elsewhere."""
    if len(found) == 1 and found[0]["state"] == "active":
        return "this node's replica; `trace ID` shows all"
    return ""


COMMAND = Command(
    "show",
    "Show all that a node knows about jobs.",
    group=JOBS,
    example="disquectl show D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1 -o json",
    details="ttl, delay and retry are in seconds, ctime is in nanoseconds since 1970, next_requeue_within "
    "and next_awake_within are in milliseconds. Exit code 4 if the node does not know a job.",
    errors=UNKNOWN_JOB,
    merge="list",
    of_one_node=True,
    short_ids=True,
    grammar=Grammar(
        verb=(b"SHOW",),
        arguments=(Argument("id", JOB_ID, "Job IDs, or their beginnings (8YL1NT).", many=True),),
        options=(*BODY_OPTIONS, *CLUSTER_OPTIONS),
    ),
    does=Request(
        records=records,
        shape=shape,
        remark=remark,
        build=request_for_each,
        not_found_message="unknown job: this node has no replica of it",
    ),
)
