"""CLIENT: the connections of a server."""

from __future__ import annotations

from disquectl.commands.kinds import WAIT, WORD, number, one_of
from disquectl.commands.row import SERVER, WRITE, Argument, Option, Row
from disquectl.commands.status import reply_record, reply_shape, value_record
from disquectl.errors import UsageError
from disquectl.protocol.server_replies import client_list
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values

CLIENT_FIELDS = (
    "id",
    "addr",
    "fd",
    "name",
    "age",
    "idle",
    "flags",
    "qbuf",
    "qbuf_free",
    "obl",
    "oll",
    "omem",
    "events",
    "cmd",
)


def check_kill(values: Values) -> None:
    """An address, or filters, and not both."""
    filters = [name for name in ("id", "addr", "type", "skipme") if name in values]
    if "address" in values and filters:
        raise UsageError("ADDRESS and filters are two ways to name connections: give one of them")
    if "address" not in values and not filters:
        raise UsageError("name the connections", "give IP:PORT, or --id, --addr, --type")


LIST = Row(
    "list",
    "List the connections.",
    verb=(b"CLIENT", b"LIST"),
    redis_too=True,
    details="age and idle are seconds; flags: N normal, b waiting in a GETJOB or ADDJOB, O monitor.",
    example="disquectl client list --columns addr,name,cmd,idle",
    shape=lambda _: Shape(CLIENT_FIELDS, RECORDS, many=True, kinds={"age": "seconds", "idle": "seconds"}),
    records=lambda words, reply: client_list(reply),
)
KILL = Row(
    "kill",
    "Close connections.",
    verb=(b"CLIENT", b"KILL"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="closes connections of others",
    arguments=(Argument("address", WORD, "The connection's IP:PORT.", required=False),),
    options=(
        Option("--id", number(0), "The connection with this id.", word=b"ID"),
        Option("--addr", WORD, "The connection from this IP:PORT.", word=b"ADDR"),
        Option("--type", one_of("normal"), "The connections of this type.", word=b"TYPE"),
        Option(
            "--skipme", one_of("yes", "no"), "Leave out this very connection.", word=b"SKIPME", unset="yes"
        ),
    ),
    details="By IP:PORT the answer is OK, by filters (which must all hold) the number of those closed.",
    example="disquectl client kill --id 7 --yes",
    shape=reply_shape,
    check=check_kill,
    records=reply_record,
)
GETNAME = Row(
    "getname",
    "Print the name of this connection.",
    verb=(b"CLIENT", b"GETNAME"),
    redis_too=True,
    details="A connection of disquectl has no name, so this is of use in exec and the like.",
    example="disquectl client getname",
    shape=reply_shape,
    records=value_record,
)
SETNAME = Row(
    "setname",
    "Name this connection.",
    verb=(b"CLIENT", b"SETNAME"),
    redis_too=True,
    arguments=(Argument("name", WORD, "The name, without blanks; an empty one removes it."),),
    details="The name goes with the connection, which ends with the command.",
    example="disquectl client setname nightly-report",
    shape=reply_shape,
    records=reply_record,
)
PAUSE = Row(
    "pause",
    "Hold up the commands of all connections for a while.",
    verb=(b"CLIENT", b"PAUSE"),
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="holds up every client of the server",
    arguments=(Argument("duration", WAIT, "How long, with a unit: 500ms, 5s."),),
    example="disquectl client pause 2s --yes",
    shape=reply_shape,
    records=reply_record,
)
REPLY = Row(
    "reply",
    "Turn the replies to this connection on, off, or skip one.",
    verb=(b"CLIENT", b"REPLY"),
    redis_too=True,
    silent=lambda words: words[2:] != [b"on"],
    arguments=(Argument("mode", one_of("on", "off", "skip"), "off and skip have no answer."),),
    example="disquectl client reply on",
    shape=reply_shape,
    records=reply_record,
)

ROW = Row(
    "client",
    "List, name, hold up or close the connections of a server.",
    verb=(b"CLIENT",),
    group=SERVER,
    subcommands=(LIST, KILL, GETNAME, SETNAME, PAUSE, REPLY),
    example="disquectl client list",
)
