"""DEBUG: what one does to a server only in a test."""

from __future__ import annotations

from disquectl.commands.kinds import SECONDS_FLOAT, WORD
from disquectl.commands.row import SERVER, WRITE, Argument, Row
from disquectl.commands.status import reply_record, reply_shape

CRASH = "kills the server, and with it the jobs that are nowhere else"


def debug_row(
    name: str,
    summary: str,
    danger: str,
    *,
    arguments: tuple[Argument, ...] = (),
    closes: bool = False,
    words: str = "",
) -> Row:
    """One of DEBUG's subcommands: to one server, after asking."""
    return Row(
        name,
        summary,
        verb=(b"DEBUG", name.upper().encode()),
        effect=WRITE,
        one_node=True,
        redis_too=True,
        closes=closes,
        danger=danger,
        arguments=arguments,
        example=f"disquectl debug {name}{words} --yes",
        shape=reply_shape,
        records=reply_record,
    )


ROW = Row(
    "debug",
    "Do things to a server that only a test should.",
    verb=(b"DEBUG",),
    group=SERVER,
    # Holds for the subcommands that have no row.
    effect=WRITE,
    one_node=True,
    redis_too=True,
    danger="may do anything to the server",
    subcommands=(
        debug_row(
            "flushall",
            "Delete all jobs and queues of the server.",
            "deletes every job and queue of the server",
        ),
        debug_row(
            "sleep",
            "Hold up the whole server.",
            "holds up every client of the server",
            arguments=(Argument("seconds", SECONDS_FLOAT, "How long."),),
            words=" 0.5",
        ),
        debug_row(
            "error",
            "Make the server answer an error.",
            "makes the server answer an error",
            arguments=(Argument("text", WORD, "The error."),),
            words=" 'ERR on purpose'",
        ),
        debug_row(
            "structsize", "Show the sizes of the server's structures.", "is for Disque's own developers"
        ),
        debug_row(
            "loadaof", "Load the append only file anew.", "replaces all jobs by those of the append only file"
        ),
        debug_row("restart", "Restart the server.", "restarts the server", closes=True),
        debug_row("crash-and-recover", "Crash the server and start it anew.", CRASH, closes=True),
        debug_row("segfault", "Crash the server.", CRASH, closes=True),
        debug_row("assert", "Make an assertion of the server fail.", CRASH, closes=True),
        debug_row("oom", "Let the server run out of memory.", CRASH, closes=True),
    ),
    example="disquectl -n 127.0.0.1:7711 debug flushall --yes",
)
