"""CLIENT: the connections of a server."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.status_reply import reply_record, reply_shape, value_record
from disquectl.protocol.server_replies import client_list
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import WAIT, WORD, number, one_of
from disquectl.spec.parameters import Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Values

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


LIST = Command(
    "list",
    "List the connections.",
    example="disquectl client list --columns addr,name,cmd,idle",
    details="age and idle are seconds; flags: N normal, b waiting in a GETJOB or ADDJOB, O monitor.",
    grammar=Grammar(verb=(b"CLIENT", b"LIST")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(
        records=lambda words, reply: client_list(reply),
        shape=lambda _: Shape(CLIENT_FIELDS, RECORDS, many=True, kinds={"age": "seconds", "idle": "seconds"}),
    ),
)
KILL = Command(
    "kill",
    "Close connections.",
    example="disquectl client kill --id 7 --yes",
    details="By IP:PORT the answer is OK, by filters (which must all hold) the number of those closed.",
    grammar=Grammar(
        verb=(b"CLIENT", b"KILL"),
        arguments=(Argument("address", WORD, "The connection's IP:PORT.", required=False),),
        options=(
            Option("--id", number(0), "The connection with this id.", word=b"ID"),
            Option("--addr", WORD, "The connection from this IP:PORT.", word=b"ADDR"),
            Option("--type", one_of("normal"), "The connections of this type.", word=b"TYPE"),
            Option(
                "--skipme",
                one_of("yes", "no"),
                "Leave out this very connection.",
                word=b"SKIPME",
                unset="yes",
            ),
        ),
        check=check_kill,
    ),
    risk=Risk(WRITE, danger="closes connections of others", single_node=True, ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
GETNAME = Command(
    "getname",
    "Print the name of this connection.",
    example="disquectl client getname",
    details="A connection of disquectl has no name, so this is of use in exec and the like.",
    grammar=Grammar(verb=(b"CLIENT", b"GETNAME")),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=value_record, shape=reply_shape),
)
SETNAME = Command(
    "setname",
    "Name this connection.",
    example="disquectl client setname nightly-report",
    details="The name goes with the connection, which ends with the command.",
    grammar=Grammar(
        verb=(b"CLIENT", b"SETNAME"),
        arguments=(Argument("name", WORD, "The name, without blanks; an empty one removes it."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape),
)
PAUSE = Command(
    "pause",
    "Hold up the commands of all connections for a while.",
    example="disquectl client pause 2s --yes",
    grammar=Grammar(
        verb=(b"CLIENT", b"PAUSE"),
        arguments=(Argument("duration", WAIT, "How long, with a unit: 500ms, 5s."),),
    ),
    risk=Risk(
        WRITE, danger="holds up every client of the server", single_node=True, ambiguous_with_redis=True
    ),
    does=Request(records=reply_record, shape=reply_shape),
)
REPLY = Command(
    "reply",
    "Turn the replies to this connection on, off, or skip one.",
    example="disquectl client reply on",
    grammar=Grammar(
        verb=(b"CLIENT", b"REPLY"),
        arguments=(Argument("mode", one_of("on", "off", "skip"), "off and skip have no answer."),),
    ),
    risk=Risk(ambiguous_with_redis=True),
    does=Request(records=reply_record, shape=reply_shape, has_no_reply=lambda words: words[2:] != [b"on"]),
)

COMMAND = Command(
    "client",
    "List, name, hold up or close the connections of a server.",
    group=SERVER,
    example="disquectl client list",
    subcommands=(LIST, KILL, GETNAME, SETNAME, PAUSE, REPLY),
    grammar=Grammar(verb=(b"CLIENT",)),
)
