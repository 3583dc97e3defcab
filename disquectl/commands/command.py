"""COMMAND: a server's own commands."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.protocol.server_replies import commands
from disquectl.spec.command import SERVER, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD
from disquectl.spec.parameters import Argument
from disquectl.spec.shape import RECORDS, Shape

COMMANDS = Shape(("name", "arity", "flags"), RECORDS, many=True)

COUNT = Command(
    "count",
    "Print the number of commands.",
    example="disquectl command count",
    grammar=Grammar(verb=(b"COMMAND", b"COUNT")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
INFO = Command(
    "info",
    "Show some commands.",
    example="disquectl command info addjob getjob",
    grammar=Grammar(
        verb=(b"COMMAND", b"INFO"), arguments=(Argument("name", WORD, "Names of commands.", many=True),)
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: [entry for entry in commands(reply) if entry],
        shape=lambda _: COMMANDS,
        not_found_message="unknown command",
    ),
)

COMMAND = Command(
    "command",
    "List the commands that the server knows.",
    group=SERVER,
    example="disquectl command",
    details="An arity of -N means at least N words, including the name.",
    subcommands=(COUNT, INFO),
    grammar=Grammar(verb=(b"COMMAND",)),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: [entry for entry in commands(reply) if entry], shape=lambda _: COMMANDS
    ),
)
