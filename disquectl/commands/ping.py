"""PING: whether a node answers."""

from __future__ import annotations

from disquectl.commands.kinds import WORD
from disquectl.commands.row import LISTED, SERVER, Argument, Row
from disquectl.commands.status import reply_shape, value_record

ROW = Row(
    "ping",
    "Check that a node answers.",
    verb=(b"PING",),
    group=SERVER,
    everywhere=LISTED,
    redis_too=True,
    arguments=(Argument("message", WORD, "What the node shall say instead of PONG.", required=False),),
    example="disquectl ping",
    shape=reply_shape,
    records=value_record,
)
