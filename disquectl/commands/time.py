"""TIME: the clock of a server."""

from __future__ import annotations

from disquectl.commands.row import SERVER, Row
from disquectl.protocol.server_replies import server_time
from disquectl.render.shape import RECORDS, Shape

ROW = Row(
    "time",
    "Print the clock of a server.",
    verb=(b"TIME",),
    group=SERVER,
    redis_too=True,
    details="Seconds since 1970, and the microseconds within the second.",
    example="disquectl time",
    shape=lambda _: Shape(("seconds", "microseconds"), RECORDS, many=False),
    records=lambda words, reply: [server_time(reply)],
)
