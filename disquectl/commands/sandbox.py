"""sandbox: an in-memory server that speaks Disque's protocol, to try things out and for tests."""

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
    """Serve until stopped, or for as long as the command runs."""
    from disquectl.sandbox.run import run as serve

    port: int = values.get("port", 7711)
    nodes: int = values.get("nodes", 1)
    if port and port + nodes - 1 > 65535:
        raise UsageError(f"{nodes} nodes from port {port} on end after port 65535")
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
    "Run an in-memory server to try things out, or a command beside one.",
    group=TOOLS,
    example="disquectl sandbox --nodes 3 -- sh -c 'disquectl addjob mail hello'",
    details="It is no Disque: nothing is kept when it ends. Prints DISQUE_NODES=... once every node listens. "
    "COMMAND gets DISQUE_NODES, and no other DISQUE_ variable of yours.",
    grammar=Grammar(
        arguments=(
            Argument(
                "command",
                PROGRAM_WORD,
                "Run this beside the sandbox and end with its exit code.",
                many=True,
                required=False,
            ),
        ),
        options=(
            Option("--host", TEXT, "The address to listen on.", unset="127.0.0.1"),
            Option("--port", number(0, 65535), "The first node's port; 0 picks free ones.", unset="7711"),
            Option("--nodes", number(1, 16), "How many nodes.", unset="1"),
            Option("--password", TEXT, "The password to ask clients for."),
            Option("--demo", FLAG, "Fill it with queues that move."),
        ),
        rest_is_data=True,
    ),
    does=Program(run, is_streaming=lambda _: True, connects=False),
)
