"""JSCAN: the jobs of one node, queued or not."""

from __future__ import annotations

from disquectl.execution.scan import SCAN_NATIVE, SCAN_OPTIONS, walk
from disquectl.protocol.columns import values_of
from disquectl.protocol.replies import jscan_page
from disquectl.spec.command import QUEUES, Command, Grammar, Program
from disquectl.spec.param_types import QUEUE, one_of
from disquectl.spec.parameters import CLUSTER_OPTIONS, Option
from disquectl.spec.shape import RECORDS, Shape
from disquectl.spec.show_fields import SHOW_FIELDS, SHOW_KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

STATES = ("wait-repl", "active", "queued", "acked")
EMPTY = "no jobs match"
# The fields that are not named follow in their order.
_FIRST = ("id", "state", "queue", "ctime", "ttl", "nacks", "additional_deliveries", "body")
RANKS = (*_FIRST, *(field for field in SHOW_FIELDS if field not in _FIRST))


def shape(values: Values) -> Shape:
    """The ID, or every field with --reply all."""
    if values.get("reply") == "all":
        return Shape(SHOW_FIELDS, RECORDS, many=True, body="body", kinds=SHOW_KINDS, ranks=RANKS, empty=EMPTY)
    return Shape(("id",), RECORDS, many=True, value="id", kinds={"id": "id"}, empty=EMPTY)


def run(command: Command, values: Values, session: Session) -> None:
    """Scan the jobs."""
    walk(command, values, session, jscan_page, lambda jobs: values_of(jobs, "id"))


COMMAND = Command(
    "jscan",
    "List the jobs of a node, each ID once.",
    group=QUEUES,
    example="disquectl jscan --queue mail --state active --reply all -o jsonl",
    details="active jobs are those that are not in the queue of this node: delayed, delivered, taken out, or "
    "replicas of jobs that are queued elsewhere.",
    merge="scan",
    of_one_node=True,
    grammar=Grammar(
        verb=(b"JSCAN",),
        options=(
            *SCAN_OPTIONS,
            Option("--queue", QUEUE, "Only jobs of this queue.", word=b"QUEUE"),
            Option(
                "--state",
                one_of(*STATES, noun="state"),
                "Only jobs in this state; repeat it for several.",
                word=b"STATE",
                many=True,
            ),
            Option(
                "--reply",
                one_of("id", "all", noun="value"),
                "Show only the ID, or every field as show does.",
                word=b"REPLY",
                unset="id",
            ),
            *CLUSTER_OPTIONS,
        ),
        native=SCAN_NATIVE,
    ),
    does=Program(run, shape=shape),
)
