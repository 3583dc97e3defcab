"""MONITOR: every command of every client, as the server takes it."""

from __future__ import annotations

from disquectl.commands.row import SERVER, Row
from disquectl.errors import ConnectionFailed
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.secrets import masked_words
from disquectl.protocol.shapes import unexpected
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Record, Values
    from disquectl.commands.session import Session

FIELDS = Shape(("time", "client", "args"), RECORDS, many=True)


def without_secrets(record: Record) -> Record:
    """The record with *** for the password that a command sets or gives."""
    return {**record, "args": masked_words(record["args"])}


def run(row: Row, values: Values, session: Session) -> None:
    """Write each line as it comes, until Ctrl-C. That the server ends it is a failure."""
    session.check_output(FIELDS)
    session.guard(row, [*row.verb])
    out = session.line_writer(FIELDS)
    lines = session.client.stream(*row.verb)
    reply = next(lines)
    if reply != b"OK":
        raise unexpected("MONITOR", reply)
    try:
        for line in lines:
            record = monitor_line(line)
            out.write(record if session.settings.show_secrets else without_secrets(record))
            out.flush()
    finally:
        out.finish()
    raise ConnectionFailed("the connection broke: nothing more can be seen", "Is the node still there?")


ROW = Row(
    "monitor",
    "Watch every command that a server gets.",
    verb=(b"MONITOR",),
    group=SERVER,
    redis_too=True,
    lasting=lambda _: True,
    details="Ends with Ctrl-C (exit code 130), or with 5 when the connection breaks. It costs the server "
    "some speed. Passwords show as ***.",
    example="disquectl monitor -o jsonl",
    shape=lambda _: FIELDS,
    run=run,
)
