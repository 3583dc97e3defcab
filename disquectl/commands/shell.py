"""shell: the place where someone lives while a cluster misbehaves."""

from __future__ import annotations

from disquectl.commands.kinds import FLAG
from disquectl.commands.row import TOOLS, Option, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session


def run(row: Row, values: Values, session: Session) -> None:
    """Start it; all that it needs is loaded only here."""
    from disquectl.shell.repl import start

    session.exit_code = start(session, keep_going=bool(values.get("keep_going")))


ROW = Row(
    "shell",
    "Type commands, with completion, hints and history.",
    group=TOOLS,
    options=(Option("--keep-going", FLAG, "Off a terminal: go on after a line that failed."),),
    details="Takes Disque's own words (ADDJOB mail hi 0 RETRY 30) and disquectl's (addjob mail hi "
    "--retry 30). "
    "Off a terminal it runs the lines of stdin and ends at the first error, with its exit code.",
    example="disquectl shell -n 127.0.0.1:7711",
    run=run,
)
