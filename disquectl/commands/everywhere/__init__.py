"""`--cluster`: one command, every node, one answer. From a row's way of merging to the module that does it.

Nothing here is loaded by a command without --cluster.
"""

from __future__ import annotations

from disquectl.commands.row import ADDED, BY_ID, LISTED, PEEKED, SCANNED
from disquectl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.commands.row import Row, Values
    from disquectl.commands.session import Session


def run_everywhere(row: Row, values: Values, session: Session) -> None:
    """Ask every node and write what they say together. Raises UsageError for options that cannot be."""
    if not values.get("cluster"):
        raise UsageError("--seeds-only goes with --cluster")
    if row.everywhere in (ADDED, LISTED):
        from disquectl.commands.everywhere import together

        way = together.add_up if row.everywhere == ADDED else together.side_by_side
    elif row.everywhere == SCANNED:
        from disquectl.commands.everywhere.scan import scan as way
    elif row.everywhere == PEEKED:
        from disquectl.commands.everywhere.peek import peek as way
    else:
        assert row.everywhere == BY_ID
        from disquectl.commands.everywhere.by_id import change as way
    way(row, values, session)
