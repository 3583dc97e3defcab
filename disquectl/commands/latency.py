"""LATENCY: when the server was held up, and by what."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape, value_record
from disquectl.protocol.server_replies import latency_history, latency_latest
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD
from disquectl.spec.parameters import Argument
from disquectl.spec.shape import RECORDS, VALUE, Shape

# Text that the server has laid out for people.
LINES = Shape(("reply",), VALUE, many=False, value="reply", kinds={"reply": "lines"})

LATEST = Command(
    "latest",
    "Show the latest delay of each kind.",
    example="disquectl latency latest",
    details="Empty unless latency-monitor-threshold (milliseconds) is set.",
    grammar=Grammar(verb=(b"LATENCY", b"LATEST")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: latency_latest(reply),
        shape=lambda _: Shape(("event", "time", "ms", "max_ms"), RECORDS, many=True, kinds={"time": "unix"}),
    ),
)
HISTORY = Command(
    "history",
    "Show the delays of one kind.",
    example="disquectl latency history command",
    grammar=Grammar(
        verb=(b"LATENCY", b"HISTORY"),
        arguments=(Argument("event", WORD, "The kind: command, fast-command, ..."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: latency_history(reply),
        shape=lambda _: Shape(("time", "ms"), RECORDS, many=True, kinds={"time": "unix"}),
    ),
)
GRAPH = Command(
    "graph",
    "Draw the delays of one kind.",
    example="disquectl latency graph command -o raw",
    grammar=Grammar(verb=(b"LATENCY", b"GRAPH"), arguments=(Argument("event", WORD, "The kind."),)),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=lambda _: LINES),
)
DOCTOR = Command(
    "doctor",
    "Let the server explain its delays.",
    example="disquectl latency doctor -o raw",
    grammar=Grammar(verb=(b"LATENCY", b"DOCTOR")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=lambda _: LINES),
)
RESET = Command(
    "reset",
    "Forget the delays of some kinds, or all.",
    example="disquectl latency reset",
    grammar=Grammar(
        verb=(b"LATENCY", b"RESET"),
        arguments=(Argument("event", WORD, "The kinds.", many=True, required=False),),
    ),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)

COMMAND = Command(
    "latency",
    "Show when and by what the server was held up.",
    group=SERVER,
    example="disquectl latency latest",
    subcommands=(LATEST, HISTORY, GRAPH, DOCTOR, RESET),
    grammar=Grammar(verb=(b"LATENCY",)),
)
