"""DEBUG: what one does to a server only in a test."""

from __future__ import annotations

from disquectl.execution.status_reply import reply_record, reply_shape
from disquectl.spec.command import SERVER, WRITE, Command, Grammar, Request, Risk
from disquectl.spec.param_types import SECONDS_FLOAT, WORD
from disquectl.spec.parameters import Argument

CRASH = "kills the server, and with it the jobs that are nowhere else"


def debug_command(
    name: str,
    summary: str,
    danger: str,
    *,
    arguments: tuple[Argument, ...] = (),
    closes_connection: bool = False,
    words: str = "",
) -> Command:
    """One of DEBUG's subcommands: to one server, after asking."""
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
    "Do things to a server that only a test should.",
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
            "Hold up the whole server.",
            "holds up every client of the server",
            arguments=(Argument("seconds", SECONDS_FLOAT, "How long."),),
            words=" 0.5",
        ),
        debug_command(
            "error",
            "Make the server answer an error.",
            "makes the server answer an error",
            arguments=(Argument("text", WORD, "The error."),),
            words=" 'ERR on purpose'",
        ),
        debug_command(
            "structsize", "Show the sizes of the server's structures.", "is for Disque's own developers"
        ),
        debug_command(
            "loadaof", "Load the append only file anew.", "replaces all jobs by those of the append only file"
        ),
        debug_command("restart", "Restart the server.", "restarts the server", closes_connection=True),
        debug_command(
            "crash-and-recover", "Crash the server and start it anew.", CRASH, closes_connection=True
        ),
        debug_command("segfault", "Crash the server.", CRASH, closes_connection=True),
        debug_command("assert", "Make an assertion of the server fail.", CRASH, closes_connection=True),
        debug_command("oom", "Let the server run out of memory.", CRASH, closes_connection=True),
    ),
    grammar=Grammar(verb=(b"DEBUG",)),
    risk=Risk(WRITE, danger="may do anything to the server", single_node=True, ambiguous_with_redis=True),
)
