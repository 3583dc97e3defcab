"""MONITOR: every command that a server receives."""

from __future__ import annotations

from disquectl.errors import ConnectionFailed, UsageError
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.secrets import masked_words
from disquectl.protocol.shapes import unexpected
from disquectl.spec.command import SERVER, Command, Grammar, Program, Risk
from disquectl.spec.parameters import CLUSTER_OPTIONS
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values

OF_ALL = Shape(("time", "node", "client", "args"), RECORDS, many=True)
FIELDS = Shape(("time", "client", "args"), RECORDS, many=True)


def without_secrets(record: Record) -> Record:
    """The record with *** for passwords in commands."""
    return {**record, "args": masked_words(record["args"])}


def record_of(line: Reply, session: Session) -> Record:
    """The record of a line of MONITOR, as the settings let it be seen."""
    record = monitor_line(line)
    return record if session.settings.show_secrets else without_secrets(record)


def run(command: Command, values: Values, session: Session) -> None:
    """Write each line as it comes, until Ctrl-C. Raises ConnectionFailed if the server ends it."""
    if values.get("cluster"):
        from disquectl.programs.monitor_all import monitor_all

        monitor_all(command, values, session, OF_ALL, record_of)
        return
    if values.get("seeds_only"):
        raise UsageError("--seeds-only needs --cluster")
    session.check_output(FIELDS)
    session.guard(command, [*command.grammar.verb])
    out = session.line_writer(FIELDS)
    lines = session.client.stream(*command.grammar.verb)
    reply = next(lines)
    if reply != b"OK":
        raise unexpected("MONITOR", reply)
    try:
        for line in lines:
            out.write(record_of(line, session))
            out.flush()
    finally:
        out.finish()
    raise ConnectionFailed("the connection was lost", "check the node with `disquectl ping`")


COMMAND = Command(
    "monitor",
    "Watch every command that a server receives.",
    group=SERVER,
    example="disquectl monitor -o jsonl",
    details="Ends with Ctrl-C (exit code 130), or with exit code 5 if the connection breaks. It slows the "
    "server down. Passwords are shown as ***. With --cluster a node that dies is reported, and "
    "the others go on; exit code 3 if some did not answer.",
    grammar=Grammar(verb=(b"MONITOR",), options=CLUSTER_OPTIONS),
    risk=Risk(ambiguous_with_redis=True),
    does=Program(
        run, shape=lambda values: OF_ALL if values.get("cluster") else FIELDS, is_streaming=lambda _: True
    ),
)
