"""PING: check that a node answers."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_shape, value_record
from disquectl.spec.command import SERVER, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument

COMMAND = Command(
    "ping",
    "Check that a node answers.",
    group=SERVER,
    example="disquectl ping",
    merge="list",
    grammar=Grammar(
        verb=(b"PING",),
        arguments=(
            Argument("message", WORD, "Text for the node to send back instead of PONG.", required=False),
        ),
        options=CLUSTER_OPTIONS,
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=reply_shape),
)
