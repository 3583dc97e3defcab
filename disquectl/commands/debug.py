"""DEBUG: test and crash a server."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import SECONDS_FLOAT, WORD
from disquectl.spec.parameters import Argument

CRASH = "crashes the server, and jobs without a replica elsewhere are lost"


def debug_command(
    name: str,
    summary: str,
    danger: str,
    *,
    arguments: tuple[Argument, ...] = (),
    closes_connection: bool = False,
    words: str = "",
) -> Command:
    """The declaration of one of DEBUG's subcommands: one server, after confirmation."""
    return Command(
        name,
        summary,
        example=f"disquectl debug {name}{words} --yes",
        grammar=Grammar(verb=(b"DEBUG", name.upper().encode()), arguments=arguments),
        risk=Risk(WRITE, danger=danger, single_node=True, ambiguous_with_redis=True),
        does=Request(records=reply_record, shape=reply_shape, closes_connection=closes_connection),
    )


COMMAND = Command(
    "debug",
    "Test and crash commands; never use them on a live server.",
    group=SERVER,
    example="disquectl -n 127.0.0.1:7711 debug flushall --yes",
    subcommands=(
        debug_command(
            "flushall",
            "Delete all jobs and queues of the server.",
            "deletes every job and queue of the server",
        ),
        debug_command(
            "sleep",
            "Block the whole server for a while.",
            "blocks every client of the server",
            arguments=(Argument("seconds", SECONDS_FLOAT, "Block for this many seconds."),),
            words=" 0.5",
        ),
        debug_command(
            "error",
            "Make the server reply with an error.",
            "makes the server reply with an error",
            arguments=(Argument("text", WORD, "Text of the error."),),
            words=" 'ERR on purpose'",
        ),
        debug_command(
            "structsize",
            "Show the sizes of the server's data structures.",
            "is meant for Disque's developers",
        ),
        debug_command(
            "loadaof", "Reload the append only file.", "replaces all jobs with those of the append only file"
        ),
        debug_command("restart", "Restart the server.", "restarts the server", closes_connection=True),
        debug_command("crash-and-recover", "Crash and restart the server.", CRASH, closes_connection=True),
        debug_command("segfault", "Crash the server.", CRASH, closes_connection=True),
        debug_command("assert", "Fail an assertion in the server.", CRASH, closes_connection=True),
        debug_command("oom", "Make the server run out of memory.", CRASH, closes_connection=True),
    ),
    grammar=Grammar(verb=(b"DEBUG",)),
    risk=Risk(WRITE, danger="may do anything to the server", single_node=True, ambiguous_with_redis=True),
)
