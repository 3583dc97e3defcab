"""QSCAN: the names of the queues of a node."""

from __future__ import annotations

from disquectl.commands.kinds import INT64
from disquectl.commands.row import QUEUES, SCANNED, Option, Row
from disquectl.commands.scan import SCAN_NATIVE, SCAN_OPTIONS, requests, walk
from disquectl.protocol.columns import Column, Columns, values_of
from disquectl.protocol.replies import qscan_page
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session
    from disquectl.protocol.columns import Records
    from disquectl.protocol.resp import Reply

QUEUE = Shape(("queue",), RECORDS, many=True, value="queue")


def page(reply: Reply) -> tuple[int, Records]:
    """The next cursor, and a record a name."""
    cursor, names = qscan_page(reply)
    return cursor, Columns(("queue",), [Column(names, {bytes})])


def run(row: Row, values: Values, session: Session) -> None:
    """Walk through the queues."""
    walk(row, values, session, page, lambda queues: values_of(queues, "queue"))


ROW = Row(
    "qscan",
    "List the queues of a node, each name once.",
    verb=(b"QSCAN",),
    group=QUEUES,
    everywhere=SCANNED,
    options=(
        *SCAN_OPTIONS,
        Option("--minlen", INT64, "Only queues with at least so many jobs.", word=b"MINLEN"),
        Option("--maxlen", INT64, "Only queues with at most so many jobs.", word=b"MAXLEN"),
        Option(
            "--importrate",
            INT64,
            "Only queues that import at least so many jobs a second from other nodes.",
            word=b"IMPORTRATE",
        ),
    ),
    native=SCAN_NATIVE,
    example="disquectl qscan --minlen 1",
    shape=lambda _: QUEUE,
    requests=requests,
    run=run,
)
