"""MONITOR: every command that a server receives."""

from __future__ import annotations

from disquectl.errors import ConnectionFailed, UsageError
from disquectl.spec.command import SERVER, Command, Grammar, Program, Risk
from disquectl.spec.param_types import FLAG, ParamType
from disquectl.spec.parameters import CLUSTER_OPTIONS, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values, Words

OF_ALL = Shape(("time", "node", "client", "args"), RECORDS, many=True)
FIELDS = Shape(("time", "client", "args"), RECORDS, many=True)
# The commands of Disque, to offer.
NAMES = (
    *("ackjob", "addjob", "auth", "bgrewriteaof", "client", "cluster", "command", "config", "debug"),
    *("deljob", "dequeue", "enqueue", "fastack", "getjob", "hello", "info", "jscan", "latency", "loadjob"),
    *("monitor", "nack", "pause", "ping", "qlen", "qpeek", "qscan", "qstat", "show", "shutdown", "slowlog"),
    *("time", "working"),
)


def command_words(text: str) -> Words:
    """The words of a command's name, in upper case: `ack` is ACKJOB, `config get` two words."""
    words = [word.upper().encode("utf-8", "surrogateescape") for word in text.split()]
    if not words:
        raise UsageError("the name of a command is empty")
    return [b"ACKJOB"] if words == [b"ACK"] else words


NAME = ParamType("choice", command_words, "COMMAND", NAMES)


def run(command: Command, values: Values, session: Session) -> None:
    """Write each line as it comes, until Ctrl-C. Raises ConnectionFailed if the server ends it."""
    if values.get("cluster"):
        from disquectl.programs.monitor_all import monitor_all

        monitor_all(command, values, session, OF_ALL)
        return
    if values.get("seeds_only"):
        raise UsageError("--seeds-only needs --cluster")
    from disquectl.programs.monitor import watch

    session.check_output(FIELDS)
    session.guard(command, [*command.grammar.verb])
    watch([*command.grammar.verb], values, FIELDS, session)
    raise ConnectionFailed("the connection was lost", "check the node with `disquectl ping`")


COMMAND = Command(
    "monitor",
    "Watch every command that a server receives.",
    group=SERVER,
    example="disquectl monitor --only addjob --only getjob",
    details="Ends with Ctrl-C (exit code 130), or with exit code 5 if the connection breaks. It slows the "
    "server down. Passwords are shown as ***. On a terminal, a line is cut at its width; -o plain and "
    "-o jsonl have it whole. The requests with which the shells of disquectl look around (names for "
    "completion, the nodes) are left out without --all. With --cluster, a node that dies is reported, and "
    "the others go on; exit code 3 if some did not answer.",
    grammar=Grammar(
        verb=(b"MONITOR",),
        options=(
            Option(
                "--only", NAME, "Show only this command, such as addjob; repeat it for several.", many=True
            ),
            Option("--exclude", NAME, "Leave out this command; repeat it for several.", many=True),
            Option("--all", FLAG, "Also show what the shells of disquectl send to look around."),
            *CLUSTER_OPTIONS,
        ),
    ),
    risk=Risk(ambiguous_with_redis=True),
    repeats=False,
    does=Program(
        run, shape=lambda values: OF_ALL if values.get("cluster") else FIELDS, is_streaming=lambda _: True
    ),
)
