"""shell: the interactive shell."""

from __future__ import annotations

from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def run(command: Command, values: Values, session: Session) -> None:
    """Start the shell; everything it needs is loaded only here."""
    from disquectl.shell.repl import start

    session.exit_code = start(session, keep_going=bool(values.get("keep_going")))


COMMAND = Command(
    "shell",
    "Type commands interactively, with completion, hints and history.",
    group=TOOLS,
    example="disquectl shell -n 127.0.0.1:7711",
    details="Accepts Disque's own syntax (ADDJOB mail hi 0 RETRY 30) and disquectl's (addjob mail hi --retry "
    "30). If stdin is not a terminal, it runs the lines of stdin and stops at the first error, with "
    "its exit code.",
    grammar=Grammar(
        options=(Option("--keep-going", FLAG, "Off a terminal: continue after a line that failed."),)
    ),
    repeats=False,
    does=Program(run),
)
