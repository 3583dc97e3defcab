"""describe: the program as JSON, or its man page."""

from __future__ import annotations

from disquectl.execution.text import write_text
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG
from disquectl.spec.parameters import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def run(command: Command, values: Values, session: Session) -> None:
    """Write JSON, whatever --output says, or the man page."""
    if values.get("man"):
        from disquectl.manual.man import man_page

        write_text(man_page(), session)
    else:
        from json import dumps

        from disquectl.manual.describe import describe

        write_text(dumps(describe(), indent=2 if session.streams.stdout_is_terminal else None), session)


COMMAND = Command(
    "describe",
    "Describe the program as JSON: commands, options, exit codes.",
    group=TOOLS,
    example="disquectl describe --man > disquectl.1",
    details="For tools that build on disquectl.",
    grammar=Grammar(options=(Option("--man", FLAG, "Print the man page instead."),)),
    does=Program(run, connects=False),
)
