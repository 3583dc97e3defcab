"""LATENCY: when the server was held up, and by what."""

from __future__ import annotations

from disquectl.commands.kinds import WORD
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape, value_record
from disquectl.protocol.server_replies import latency_history, latency_latest
from disquectl.render.shape import RECORDS, VALUE, Shape

# Text that the server has laid out for people.
LINES = Shape(("reply",), VALUE, many=False, value="reply", kinds={"reply": "lines"})

LATEST = Row(
    "latest",
    "Show the latest delay of each kind.",
    verb=(b"LATENCY", b"LATEST"),
    redis_too=True,
    details="Empty unless latency-monitor-threshold (milliseconds) is set.",
    example="disquectl latency latest",
    shape=lambda _: Shape(("event", "time", "ms", "max_ms"), RECORDS, many=True, kinds={"time": "unix"}),
    records=lambda words, reply: latency_latest(reply),
)
HISTORY = Row(
    "history",
    "Show the delays of one kind.",
    verb=(b"LATENCY", b"HISTORY"),
    redis_too=True,
    arguments=(Argument("event", WORD, "The kind: command, fast-command, ..."),),
    example="disquectl latency history command",
    shape=lambda _: Shape(("time", "ms"), RECORDS, many=True, kinds={"time": "unix"}),
    records=lambda words, reply: latency_history(reply),
)
GRAPH = Row(
    "graph",
    "Draw the delays of one kind.",
    verb=(b"LATENCY", b"GRAPH"),
    redis_too=True,
    arguments=(Argument("event", WORD, "The kind."),),
    example="disquectl latency graph command -o raw",
    shape=lambda _: LINES,
    records=value_record,
)
DOCTOR = Row(
    "doctor",
    "Let the server explain its delays.",
    verb=(b"LATENCY", b"DOCTOR"),
    redis_too=True,
    example="disquectl latency doctor -o raw",
    shape=lambda _: LINES,
    records=value_record,
)
RESET = Row(
    "reset",
    "Forget the delays of some kinds, or all.",
    verb=(b"LATENCY", b"RESET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    arguments=(Argument("event", WORD, "The kinds.", many=True, required=False),),
    example="disquectl latency reset",
    shape=reply_shape,
    records=reply_record,
)

ROW = Row(
    "latency",
    "Show when and by what the server was held up.",
    verb=(b"LATENCY",),
    group=SERVER,
    subcommands=(LATEST, HISTORY, GRAPH, DOCTOR, RESET),
    example="disquectl latency latest",
)
