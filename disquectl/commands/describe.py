"""describe: this program, for other programs and for packagers."""

from __future__ import annotations

from disquectl.commands.help import write_lines
from disquectl.commands.kinds import FLAG
from disquectl.commands.row import TOOLS, Option, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session


def run(row: Row, values: Values, session: Session) -> None:
    """JSON in every format: there is no other way to write it."""
    if values.get("man"):
        from disquectl.manual.man import man_page

        write_lines(man_page().rstrip("\n").split("\n"), session)
        return
    from json import dumps

    from disquectl.manual.describe import describe

    write_lines([dumps(describe(), indent=2 if session.streams.stdout_is_terminal else None)], session)


ROW = Row(
    "describe",
    "Print the whole program as JSON: commands, options, exit codes.",
    group=TOOLS,
    connects=False,
    options=(Option("--man", FLAG, "As the man page instead."),),
    details="For tools that build on it.",
    example="disquectl describe --man > disquectl.1",
    run=run,
)
