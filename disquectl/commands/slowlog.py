"""SLOWLOG: the slowest commands of late."""

from __future__ import annotations

from disquectl.commands.kinds import INT64
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape
from disquectl.protocol.server_replies import slowlog
from disquectl.render.shape import RECORDS, Shape

GET = Row(
    "get",
    "Show the slow commands, newest first.",
    verb=(b"SLOWLOG", b"GET"),
    redis_too=True,
    arguments=(
        Argument(
            "count", INT64, "How many; a negative number: all. [default: 10]", required=False, default="10"
        ),
    ),
    details="time is in seconds since 1970. What is slow: `disquectl config get slowlog-log-slower-than`.",
    example="disquectl slowlog get 20",
    shape=lambda _: Shape(("id", "time", "microseconds", "args"), RECORDS, many=True, kinds={"time": "unix"}),
    records=lambda words, reply: slowlog(reply),
)
LEN = Row(
    "len",
    "Print how many commands the log holds.",
    verb=(b"SLOWLOG", b"LEN"),
    redis_too=True,
    example="disquectl slowlog len",
    shape=reply_shape,
    records=reply_record,
)
RESET = Row(
    "reset",
    "Empty the log.",
    verb=(b"SLOWLOG", b"RESET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    example="disquectl slowlog reset",
    shape=reply_shape,
    records=reply_record,
)

ROW = Row(
    "slowlog",
    "Show the commands that took the server longest.",
    verb=(b"SLOWLOG",),
    group=SERVER,
    subcommands=(GET, LEN, RESET),
    example="disquectl slowlog get",
)
