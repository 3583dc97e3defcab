"""`--cluster`: one command, every node, one answer. From a row's way of merging to the module that does it.

Nothing here is loaded by a command without --cluster.
"""

from __future__ import annotations

from disquectl.commands.everywhere import together
from disquectl.commands.row import ADDED
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Row, Values
    from disquectl.commands.session import Session


def run_everywhere(row: Row, values: Values, session: Session) -> None:
    """Ask every node and write what they say together. Raises UsageError for options that cannot be."""
    if not values.get("cluster"):
        raise UsageError("--seeds-only goes with --cluster")
    if row.everywhere == ADDED:
        together.add_up(row, values, session)
    else:
        together.side_by_side(row, values, session)
