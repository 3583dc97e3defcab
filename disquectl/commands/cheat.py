"""cheat: worked examples by task."""

from __future__ import annotations

from disquectl.spec.command import TOOLS, Command, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def run(command: Command, values: Values, session: Session) -> None:
    """The page of that name."""
    from disquectl.manual.show import show_page

    show_page("cheat", session)


COMMAND = Command(
    "cheat",
    "Show worked examples, by task.",
    group=TOOLS,
    example="disquectl cheat",
    does=Program(run, connects=False, pages=True),
)
