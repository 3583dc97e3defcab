"""MONITOR: every command that a server receives."""

from __future__ import annotations

from disquectl.errors import ConnectionFailed
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.secrets import masked_words
from disquectl.protocol.shapes import unexpected
from disquectl.spec.command import SERVER, Command, Grammar, Program, Risk
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

FIELDS = Shape(("time", "client", "args"), RECORDS, many=True)


def without_secrets(record: Record) -> Record:
    """The record with *** for passwords in commands."""
    return {**record, "args": masked_words(record["args"])}


def run(command: Command, values: Values, session: Session) -> None:
    """Write each line as it comes, until Ctrl-C. Raises ConnectionFailed if the server ends it."""
    session.check_output(FIELDS)
    session.guard(command, [*command.grammar.verb])
    out = session.line_writer(FIELDS)
    lines = session.client.stream(*command.grammar.verb)
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
    raise ConnectionFailed("the connection was lost", "check the node with `disquectl ping`")


COMMAND = Command(
    "monitor",
    "Watch every command that a server receives.",
    group=SERVER,
    example="disquectl monitor -o jsonl",
    details="Ends with Ctrl-C (exit code 130), or with exit code 5 if the connection breaks. It slows the "
    "server down. Passwords are shown as ***.",
    grammar=Grammar(verb=(b"MONITOR",)),
    risk=Risk(ambiguous_with_redis=True),
    does=Program(run, shape=lambda _: FIELDS, is_streaming=lambda _: True),
)
