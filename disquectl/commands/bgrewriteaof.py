"""BGREWRITEAOF: make the append only file small again."""

from __future__ import annotations

from disquectl.commands.row import SERVER, WRITE, Row
from disquectl.commands.status import reply_record, reply_shape

ROW = Row(
    "bgrewriteaof",
    "Rewrite the append only file in the background.",
    verb=(b"BGREWRITEAOF",),
    group=SERVER,
    effect=WRITE,
    one_node=True,
    redis_too=True,
    example="disquectl bgrewriteaof",
    shape=reply_shape,
    records=reply_record,
)
