"""TIME: the clock of a server."""

from __future__ import annotations

from disquectl.protocol.server_replies import server_time
from disquectl.spec.command import SERVER, Command, Grammar, Request, Risk
from disquectl.spec.shape import RECORDS, Shape

COMMAND = Command(
    "time",
    "Print the clock of a server.",
    group=SERVER,
    example="disquectl time",
    details="Seconds since 1970, and the microseconds within the second.",
    grammar=Grammar(verb=(b"TIME",)),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: [server_time(reply)],
        shape=lambda _: Shape(("seconds", "microseconds"), RECORDS, many=False),
    ),
)
