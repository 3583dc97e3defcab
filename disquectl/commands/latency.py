"""LATENCY: latency spikes of a server, and their causes."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape, value_record
from disquectl.protocol.server_replies import latency_history, latency_latest
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import RECORDS, VALUE, Shape

# Text with lines, formatted by the server.
LINES = Shape(("reply",), VALUE, many=False, value="reply", kinds={"reply": "lines"})

LATEST = Command(
    "latest",
    "Show the latest spike of each event.",
    example="disquectl latency latest",
    details="Empty unless latency-monitor-threshold (in milliseconds) is set.",
    merge="list",
    grammar=Grammar(verb=(b"LATENCY", b"LATEST"), options=CLUSTER_OPTIONS),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: latency_latest(reply),
        shape=lambda _: Shape(
            ("event", "time", "ms", "max_ms"),
            RECORDS,
            many=True,
            kinds={"time": "unix"},
            empty="no latency events",
        ),
    ),
)
HISTORY = Command(
    "history",
    "Show the spikes of one event.",
    example="disquectl latency history command",
    grammar=Grammar(
        verb=(b"LATENCY", b"HISTORY"),
        arguments=(Argument("event", WORD, "Event, such as command or fast-command."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: latency_history(reply),
        shape=lambda _: Shape(
            ("time", "ms"), RECORDS, many=True, kinds={"time": "unix"}, empty="no latency events"
        ),
    ),
)
GRAPH = Command(
    "graph",
    "Draw the spikes of one event.",
    example="disquectl latency graph command -o raw",
    grammar=Grammar(
        verb=(b"LATENCY", b"GRAPH"),
        arguments=(Argument("event", WORD, "Event, such as command or fast-command."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=lambda _: LINES),
)
DOCTOR = Command(
    "doctor",
    "Let the server explain its latency spikes.",
    example="disquectl latency doctor -o raw",
    grammar=Grammar(verb=(b"LATENCY", b"DOCTOR")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=lambda _: LINES),
)
RESET = Command(
    "reset",
    "Delete the spikes of some events, or of all.",
    example="disquectl latency reset",
    grammar=Grammar(
        verb=(b"LATENCY", b"RESET"),
        arguments=(Argument("event", WORD, "Events; without them, all.", many=True, required=False),),
    ),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)

COMMAND = Command(
    "latency",
    "Show latency spikes and their causes.",
    group=SERVER,
    example="disquectl latency latest",
    subcommands=(LATEST, HISTORY, GRAPH, DOCTOR, RESET),
    grammar=Grammar(verb=(b"LATENCY",)),
)
