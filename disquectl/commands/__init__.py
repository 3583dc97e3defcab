"""The commands: the names in the order of the help, and the way from a name to its row.

A command is one file here with one `ROW`, and its name in this list. Reading the list loads no row.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Row

NAMES = (
    "addjob",
    "getjob",
    "ack",
    "fastack",
    "nack",
    "working",
    "show",
    "enqueue",
    "dequeue",
    "deljob",
    "qlen",
    "qstat",
    "qpeek",
    "qscan",
    "jscan",
    "pause",
    "info",
    "hello",
    "ping",
    "time",
    "config",
    "client",
    "cluster",
    "slowlog",
    "latency",
    "command",
    "monitor",
    "bgrewriteaof",
    "shutdown",
    "debug",
    "loadjob",
    "nodes",
    "queues",
    "jobs",
    "trace",
    "explain",
    "work",
    "dead",
    "exec",
    "shell",
    "sandbox",
    "profile",
    "help",
    "cheat",
    "describe",
    "completion",
)

ALIASES = {"ackjob": "ack"}


def find(name: str) -> Row | None:
    """The row of a command, by its name or another name of it; None where there is no such command."""
    name = ALIASES.get(name, name)
    if name not in NAMES:
        return None
    # importlib.import_module does the same and takes longer to load than the row.
    row: Row = __import__(f"disquectl.commands.{name}", fromlist=["ROW"]).ROW
    return row


def rows() -> list[Row]:
    """All of them, in the order of the help."""
    return [row for name in NAMES if (row := find(name))]
