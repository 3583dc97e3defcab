"""BGREWRITEAOF: rewrite the append only file to make it small."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk

COMMAND = Command(
    "bgrewriteaof",
    "Rewrite the append only file in the background.",
    group=SERVER,
    example="disquectl bgrewriteaof",
    grammar=Grammar(verb=(b"BGREWRITEAOF",)),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
