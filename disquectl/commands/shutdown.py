"""SHUTDOWN: stop a server."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import FLAG
from disquectl.spec.parameters import Option

COMMAND = Command(
    "shutdown",
    "Stop a server.",
    group=SERVER,
    example="disquectl -n 127.0.0.1:7713 shutdown --rewrite-aof --yes",
    details="Succeeds when the server closes the connection.",
    grammar=Grammar(
        verb=(b"SHUTDOWN",),
        options=(
            Option(
                "--rewrite-aof", FLAG, "Write all jobs to the append only file first.", word=b"REWRITE-AOF"
            ),
        ),
    ),
    risk=Risk(
        WRITE,
        danger="stops the server; jobs without a replica elsewhere are lost unless they are in its append "
        "only file",
        single_node=True,
        ambiguous_with_redis=True,
    ),
    does=Request(records=reply_record, shape=reply_shape, closes_connection=True),
)
