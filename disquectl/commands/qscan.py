"""QSCAN: the names of a node's queues."""

from __future__ import annotations

from disquectl.execution.scan import SCAN_NATIVE, SCAN_OPTIONS, walk
from disquectl.protocol.columns import Column, Columns, values_of
from disquectl.protocol.replies import qscan_page
from disquectl.spec.command import QUEUES, Command, Grammar, Program
from disquectl.spec.param_types import INT64
from disquectl.spec.parameters import CLUSTER_OPTIONS, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Values

QUEUE = Shape(("queue",), RECORDS, many=True, value="queue", empty="no queues")
HOLDERS = Shape(
    ("node", "queue", "holders"),
    RECORDS,
    many=True,
    value="queue",
    kinds={"node": "word"},
    ranks=("queue", "holders"),
    empty="no queues",
)


def page(reply: Reply) -> tuple[int, Records]:
    """The next cursor, and a record for each name."""
    cursor, names = qscan_page(reply)
    return cursor, Columns(("queue",), [Column(names, {bytes})])


def run(command: Command, values: Values, session: Session) -> None:
    """Scan the queues."""
    walk(command, values, session, page, lambda queues: values_of(queues, "queue"))


COMMAND = Command(
    "qscan",
    "List the queues of a node, each name once.",
    group=QUEUES,
    example="disquectl qscan --minlen 1",
    details="With --cluster, holders are the nodes that have the queue; each name is written when all scans "
    "have ended.",
    merge="scan",
    of_one_node=True,
    grammar=Grammar(
        verb=(b"QSCAN",),
        options=(
            *SCAN_OPTIONS,
            Option("--minlen", INT64, "Only queues with at least N jobs.", word=b"MINLEN"),
            Option("--maxlen", INT64, "Only queues with at most N jobs.", word=b"MAXLEN"),
            Option(
                "--importrate",
                INT64,
                "Only queues that import at least N jobs per second from other nodes.",
                word=b"IMPORTRATE",
            ),
            *CLUSTER_OPTIONS,
        ),
        native=SCAN_NATIVE,
    ),
    does=Program(run, shape=lambda values: HOLDERS if values.get("cluster") else QUEUE),
)
