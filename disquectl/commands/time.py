"""TIME: a server's clock."""

from __future__ import annotations

from disquectl.protocol.server_replies import server_time
from disquectl.spec.command import SERVER, Command, Grammar, Request, Risk
from disquectl.spec.shape import RECORDS, Shape

COMMAND = Command(
    "time",
    "Print the time of a server's clock.",
    group=SERVER,
    example="disquectl time",
    details="In seconds since 1970, and microseconds within the second.",
    grammar=Grammar(verb=(b"TIME",)),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: [server_time(reply)],
        shape=lambda _: Shape(("seconds", "microseconds"), RECORDS, many=False),
    ),
)
