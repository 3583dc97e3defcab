"""cheat: worked examples by task."""

from __future__ import annotations

from disquectl.commands.help import write_page
from disquectl.commands.row import TOOLS, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Values
    from disquectl.commands.session import Session


def run(row: Row, values: Values, session: Session) -> None:
    """The page of that name."""
    from disquectl.manual import topics

    write_page(topics.page("cheat"), session)


ROW = Row(
    "cheat",
    "Show worked examples, by task.",
    group=TOOLS,
    connects=False,
    example="disquectl cheat",
    run=run,
)
