"""CLIENT: a server's connections."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.status_reply import reply_record, reply_shape, value_record
from disquectl.protocol.server_replies import client_list
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WAIT, WORD, number, one_of
from disquectl.spec.parameters import CLUSTER_OPTIONS, Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind

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
CLIENT_KINDS: dict[str, Kind] = {
    "addr": "word",
    "age": "seconds",
    "idle": "seconds",
    "qbuf": "bytes",
    "qbuf_free": "bytes",
    "obl": "bytes",
    "omem": "bytes",
    "cmd": "word",
}
CLIENT_RANKS = (
    "addr",
    "name",
    "cmd",
    "idle",
    "age",
    "flags",
    "id",
    "omem",
    "qbuf",
    "oll",
    "obl",
    "qbuf_free",
    "events",
    "fd",
)


def check_kill(values: Values) -> None:
    """Require either ADDRESS or filters."""
    filters = [name for name in ("id", "addr", "type", "skipme") if name in values]
    if "address" in values and filters:
        raise UsageError("ADDRESS and filters cannot be combined", "use one or the other")
    if "address" not in values and not filters:
        raise UsageError("no connection is named", "give IP:PORT, or --id, --addr, --type")


LIST = Command(
    "list",
    "List the connections.",
    example="disquectl client list --columns addr,name,cmd,idle",
    details="age and idle are in seconds. Flags: N normal, b blocked in GETJOB or ADDJOB, O monitor.",
    merge="list",
    grammar=Grammar(verb=(b"CLIENT", b"LIST"), options=CLUSTER_OPTIONS),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: client_list(reply),
        shape=lambda _: Shape(
            CLIENT_FIELDS,
            RECORDS,
            many=True,
            kinds=CLIENT_KINDS,
            ranks=CLIENT_RANKS,
            empty="no connections",
        ),
    ),
)
KILL = Command(
    "kill",
    "Close connections.",
    example="disquectl client kill --id 7 --yes",
    details="With IP:PORT the reply is OK. With filters, which must all match, it is the number of closed "
    "connections.",
    grammar=Grammar(
        verb=(b"CLIENT", b"KILL"),
        arguments=(Argument("address", WORD, "Address of the connection, IP:PORT.", required=False),),
        options=(
            Option("--id", number(0), "Close the connection with this id.", word=b"ID"),
            Option("--addr", WORD, "Close the connection from this IP:PORT.", word=b"ADDR"),
            Option(
                "--type", one_of("normal", noun="type"), "Close the connections of this type.", word=b"TYPE"
            ),
            Option(
                "--skipme",
                one_of("yes", "no", noun="value"),
                "Leave out the connection of this command.",
                word=b"SKIPME",
                unset="yes",
            ),
        ),
        check=check_kill,
    ),
    risk=Risk(
        WRITE, danger="closes the connections of other clients", single_node=True, ambiguous_with_redis=True
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
GETNAME = Command(
    "getname",
    "Print the name of this connection.",
    example="disquectl client getname",
    details="A connection of disquectl starts without a name; `client setname` in the shell or in `exec -` "
    "sets one.",
    grammar=Grammar(verb=(b"CLIENT", b"GETNAME")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=reply_shape),
)
SETNAME = Command(
    "setname",
    "Name this connection.",
    repeats=False,
    example="disquectl client setname nightly-report",
    details="The name ends with the connection, and the connection with the command.",
    grammar=Grammar(
        verb=(b"CLIENT", b"SETNAME"),
        arguments=(Argument("name", WORD, "Name without blanks; an empty one removes it."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
PAUSE = Command(
    "pause",
    "Pause the commands of all connections for a while.",
    example="disquectl client pause 2s --yes",
    grammar=Grammar(
        verb=(b"CLIENT", b"PAUSE"),
        arguments=(Argument("duration", WAIT, "Pause for this long, with a unit: 500ms, 5s."),),
    ),
    risk=Risk(WRITE, danger="pauses every client of the server", single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
REPLY = Command(
    "reply",
    "Turn replies to this connection on or off, or skip one.",
    repeats=False,
    example="disquectl client reply on",
    grammar=Grammar(
        verb=(b"CLIENT", b"REPLY"),
        arguments=(
            Argument(
                "mode",
                one_of("on", "off", "skip", noun="mode"),
                "on, off or skip. off and skip get no reply.",
            ),
        ),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape, has_no_reply=lambda words: words[2:] != [b"on"]),
)

COMMAND = Command(
    "client",
    "List, name, pause or close a server's connections.",
    group=SERVER,
    example="disquectl client list",
    subcommands=(LIST, KILL, GETNAME, SETNAME, PAUSE, REPLY),
    grammar=Grammar(verb=(b"CLIENT",)),
)
