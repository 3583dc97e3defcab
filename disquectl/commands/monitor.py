"""MONITOR: every command of every client, as the server takes it."""

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
    """The record with *** for the password that a command sets or gives."""
    return {**record, "args": masked_words(record["args"])}


def run(command: Command, values: Values, session: Session) -> None:
    """Write each line as it comes, until Ctrl-C. That the server ends it is a failure."""
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
    raise ConnectionFailed("the connection broke: nothing more can be seen", "Is the node still there?")


COMMAND = Command(
    "monitor",
    "Watch every command that a server gets.",
    group=SERVER,
    example="disquectl monitor -o jsonl",
    details="Ends with Ctrl-C (exit code 130), or with 5 when the connection breaks. It costs the server "
    "some speed. Passwords show as ***.",
    grammar=Grammar(verb=(b"MONITOR",)),
    risk=Risk(ambiguous_with_redis=True),
    does=Program(run, shape=lambda _: FIELDS, is_streaming=lambda _: True),
)
