"""CONFIG: a server's settings."""

from __future__ import annotations

from disquectl.commands.kinds import WORD, Kind
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape
from disquectl.protocol.server_replies import config
from disquectl.render.shape import PAIRS, Shape

PARAMETER = Kind("config", WORD.convert, "NAME")

GET = Row(
    "get",
    "Show settings by a pattern.",
    verb=(b"CONFIG", b"GET"),
    redis_too=True,
    arguments=(Argument("pattern", PARAMETER, "A name, or a pattern of * ? [a-z]."),),
    details="requirepass shows as *** unless --show-secrets.",
    example="disquectl config get 'max*'",
    shape=lambda _: Shape(("name", "value"), PAIRS, many=True, value="value"),
    records=lambda words, reply: config(reply),
)
SET = Row(
    "set",
    "Change a setting until the server restarts.",
    verb=(b"CONFIG", b"SET"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="changes how the server runs",
    arguments=(
        Argument("name", PARAMETER, "The setting."),
        Argument("value", WORD, "Its new value."),
    ),
    example="disquectl config set maxmemory 2gb --yes",
    shape=reply_shape,
    records=reply_record,
)
RESETSTAT = Row(
    "resetstat",
    "Set the statistics of INFO to zero.",
    verb=(b"CONFIG", b"RESETSTAT"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    example="disquectl config resetstat",
    shape=reply_shape,
    records=reply_record,
)
REWRITE = Row(
    "rewrite",
    "Write the settings in force to the server's configuration file.",
    verb=(b"CONFIG", b"REWRITE"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="overwrites the server's configuration file",
    example="disquectl config rewrite --yes",
    shape=reply_shape,
    records=reply_record,
)

ROW = Row(
    "config",
    "Show or change the settings of a server.",
    verb=(b"CONFIG",),
    group=SERVER,
    subcommands=(GET, SET, RESETSTAT, REWRITE),
    example="disquectl config get maxmemory",
)
