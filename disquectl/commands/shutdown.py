"""SHUTDOWN: stop a server."""

from __future__ import annotations

from disquectl.commands.kinds import FLAG
from disquectl.commands.row import SERVER, WRITE, Option, Row
from disquectl.commands.status import reply_record, reply_shape

ROW = Row(
    "shutdown",
    "Stop a server.",
    verb=(b"SHUTDOWN",),
    group=SERVER,
    effect=WRITE,
    one_node=True,
    redis_too=True,
    closes=True,
    danger="stops the server; jobs without a copy elsewhere are lost unless they are in its file",
    options=(
        Option("--rewrite-aof", FLAG, "Write all jobs to the append only file first.", word=b"REWRITE-AOF"),
    ),
    details="Done when the server closes the connection.",
    example="disquectl -n 127.0.0.1:7713 shutdown --rewrite-aof --yes",
    shape=reply_shape,
    records=reply_record,
)
