"""CONFIG: show or change a server's settings."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.protocol.server_replies import config
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WORD, ParamType
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument
from disquectl.spec.shape import PAIRS, Shape

PARAMETER = ParamType("config", WORD.convert, "NAME")

GET = Command(
    "get",
    "Show the settings that match a pattern.",
    example="disquectl config get 'max*'",
    details="requirepass is shown as *** unless --show-secrets is given.",
    merge="list",
    grammar=Grammar(
        verb=(b"CONFIG", b"GET"),
        arguments=(Argument("pattern", PARAMETER, "Name or pattern (* ? [a-z])."),),
        options=CLUSTER_OPTIONS,
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: config(reply),
        shape=lambda _: Shape(("name", "value"), PAIRS, many=True, value="value"),
    ),
)
SET = Command(
    "set",
    "Change a setting until the server restarts.",
    example="disquectl config set maxmemory 2gb --yes",
    grammar=Grammar(
        verb=(b"CONFIG", b"SET"),
        arguments=(
            Argument("name", PARAMETER, "Name of the setting."),
            Argument("value", WORD, "New value."),
        ),
    ),
    risk=Risk(WRITE, danger="changes how the server runs", single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
RESETSTAT = Command(
    "resetstat",
    "Reset the statistics of INFO to zero.",
    example="disquectl config resetstat",
    grammar=Grammar(verb=(b"CONFIG", b"RESETSTAT")),
    risk=Risk(WRITE, single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
REWRITE = Command(
    "rewrite",
    "Write the current settings to the server's configuration file.",
    example="disquectl config rewrite --yes",
    grammar=Grammar(verb=(b"CONFIG", b"REWRITE")),
    risk=Risk(
        WRITE,
        danger="overwrites the server's configuration file",
        single_node=True,
        ambiguous_with_redis=True,
    ),
    does=Request(records=reply_record, shape=reply_shape),
)

COMMAND = Command(
    "config",
    "Show or change the settings of a server.",
    group=SERVER,
    example="disquectl config get maxmemory",
    subcommands=(GET, SET, RESETSTAT, REWRITE),
    grammar=Grammar(verb=(b"CONFIG",)),
)
