"""sandbox: an in-memory stand-in for a Disque server."""

from __future__ import annotations

import errno

from disquectl.errors import DataError, UsageError
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, PROGRAM_WORD, TEXT, number
from disquectl.spec.parameters import Argument, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def run(command: Command, values: Values, session: Session) -> None:
    """Serve until stopped, or until the given command ends."""
    from disquectl.sandbox.run import run as serve

    port: int = values.get("port", 7711)
    nodes: int = values.get("nodes", 1)
    if port and port + nodes - 1 > 65535:
        raise UsageError(f"ports {port} to {port + nodes - 1} are out of range: the last port is 65535")
    try:
        code = serve(
            values.get("host", "127.0.0.1"),
            port,
            nodes,
            values.get("password"),
            bool(values.get("demo")),
            [str(word) for word in values.get("command", ())],
            session.streams.stdout,
            session.streams.stderr,
        )
    except OSError as problem:
        advice = "--port 0 picks free ports" if problem.errno == errno.EADDRINUSE else ""
        raise DataError(f"the sandbox cannot start: {problem.strerror or problem}", advice) from problem
    session.exit_code = code


COMMAND = Command(
    "sandbox",
    "Run an in-memory server for trials and tests, alone or beside a command.",
    group=TOOLS,
    example="disquectl sandbox --nodes 3 -- sh -c 'disquectl addjob mail hello'",
    details="This is a stand-in, not a real Disque server; everything is lost when it stops. Prints "
    "DISQUE_NODES=... once every node listens. COMMAND gets DISQUE_NODES, and none of your other "
    "DISQUE_ variables.",
    grammar=Grammar(
        arguments=(
            Argument(
                "command",
                PROGRAM_WORD,
                "Run this command beside the sandbox and exit with its exit code.",
                many=True,
                required=False,
            ),
        ),
        options=(
            Option("--host", TEXT, "Listen on this address.", unset="127.0.0.1"),
            Option(
                "--port",
                number(0, 65535),
                "Use this port for the first node; 0 picks free ports.",
                unset="7711",
            ),
            Option("--nodes", number(1, 16), "Run N nodes.", unset="1"),
            Option("--password", TEXT, "Require this password from clients."),
            Option("--demo", FLAG, "Fill it with queues in which jobs move."),
        ),
        rest_is_data=True,
    ),
    does=Program(run, is_streaming=lambda _: True, connects=False, connecting="refuse"),
)
