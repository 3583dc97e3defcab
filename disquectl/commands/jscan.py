"""JSCAN: the jobs of a node, queued or not."""

from __future__ import annotations

from disquectl.commands.kinds import QUEUE, one_of
from disquectl.commands.row import QUEUES, SCANNED, Option, Row
from disquectl.commands.scan import SCAN_NATIVE, SCAN_OPTIONS, requests, walk
from disquectl.commands.show import SHOW_FIELDS, SHOW_KINDS
from disquectl.protocol.columns import values_of
from disquectl.protocol.replies import jscan_page
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session

STATES = ("wait-repl", "active", "queued", "acked")


def shape(values: Values) -> Shape:
    """The ID alone, or with --reply all every field."""
    if values.get("reply") == "all":
        return Shape(SHOW_FIELDS, RECORDS, many=True, body="body", kinds=SHOW_KINDS)
    return Shape(("id",), RECORDS, many=True, value="id", kinds={"id": "id"})


def run(row: Row, values: Values, session: Session) -> None:
    """Walk through the jobs."""
    walk(row, values, session, jscan_page, lambda jobs: values_of(jobs, "id"))


ROW = Row(
    "jscan",
    "List the jobs of a node, each ID once.",
    verb=(b"JSCAN",),
    group=QUEUES,
    everywhere=SCANNED,
    options=(
        *SCAN_OPTIONS,
        Option("--queue", QUEUE, "Only jobs of this queue.", word=b"QUEUE"),
        Option(
            "--state",
            one_of(*STATES),
            "Only jobs in this state; repeat it for more.",
            word=b"STATE",
            many=True,
        ),
        Option(
            "--reply",
            one_of("id", "all"),
            "The ID, or every field as show has it.",
            word=b"REPLY",
            unset="id",
        ),
    ),
    native=SCAN_NATIVE,
    details="active jobs are those that are not in the queue of this node: delayed, delivered, taken out, "
    "or copies of jobs that are queued elsewhere.",
    example="disquectl jscan --queue mail --state active --reply all -o jsonl",
    shape=shape,
    requests=requests,
    run=run,
)
