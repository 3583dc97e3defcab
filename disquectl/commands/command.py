"""COMMAND: the commands that a server has."""

from __future__ import annotations

from disquectl.commands.kinds import WORD
from disquectl.commands.row import SERVER, Argument, Row
from disquectl.commands.status import reply_record, reply_shape
from disquectl.protocol.server_replies import commands
from disquectl.render.shape import RECORDS, Shape

COMMANDS = Shape(("name", "arity", "flags"), RECORDS, many=True)

COUNT = Row(
    "count",
    "Print how many there are.",
    verb=(b"COMMAND", b"COUNT"),
    redis_too=True,
    example="disquectl command count",
    shape=reply_shape,
    records=reply_record,
)
INFO = Row(
    "info",
    "Show some of them.",
    verb=(b"COMMAND", b"INFO"),
    redis_too=True,
    arguments=(Argument("name", WORD, "The commands.", many=True),),
    absent="unknown command",
    example="disquectl command info addjob getjob",
    shape=lambda _: COMMANDS,
    records=lambda words, reply: [entry for entry in commands(reply) if entry],
)

ROW = Row(
    "command",
    "List the commands that the server knows.",
    verb=(b"COMMAND",),
    group=SERVER,
    redis_too=True,
    subcommands=(COUNT, INFO),
    details="An arity of -N means N words or more, the name included.",
    example="disquectl command",
    shape=lambda _: COMMANDS,
    records=lambda words, reply: [entry for entry in commands(reply) if entry],
)
