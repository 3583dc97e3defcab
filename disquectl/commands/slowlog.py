"""SLOWLOG: recent slow commands."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.protocol.server_replies import slowlog
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import INT64
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import RECORDS, Shape

GET = Command(
    "get",
    "Show the slow commands, newest first.",
    example="disquectl slowlog get 20",
    details="time is in seconds since 1970. `disquectl config get slowlog-log-slower-than` shows what counts "
    "as slow.",
    merge="list",
    grammar=Grammar(
        verb=(b"SLOWLOG", b"GET"),
        arguments=(
            Argument(
                "count",
                INT64,
                "Show COUNT commands; a negative COUNT shows all. [default: 10]",
                required=False,
                default="10",
            ),
        ),
        options=CLUSTER_OPTIONS,
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: slowlog(reply),
        shape=lambda _: Shape(
            ("id", "time", "microseconds", "args"),
            RECORDS,
            many=True,
            kinds={"time": "unix"},
            empty="no slow commands",
        ),
    ),
)
LEN = Command(
    "len",
    "Print the number of commands in the log.",
    example="disquectl slowlog len",
    grammar=Grammar(verb=(b"SLOWLOG", b"LEN")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
RESET = Command(
    "reset",
    "Empty the log.",
    example="disquectl slowlog reset",
    grammar=Grammar(verb=(b"SLOWLOG", b"RESET")),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)

COMMAND = Command(
    "slowlog",
    "Show the commands that took the server longest.",
    group=SERVER,
    example="disquectl slowlog get",
    subcommands=(GET, LEN, RESET),
    grammar=Grammar(verb=(b"SLOWLOG",)),
)
