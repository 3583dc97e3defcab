"""How many replicas of a new job a cluster can hold now. Pure."""

from __future__ import annotations

from disquectl.protocol.job_options import DEFAULT_REPLICATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record

# Priorities in HELLO: 1 is good, 5 has no link, 10 may be failing, 100 is failing or leaving.
_NO_LINK = 5


def possible_replicas(greeting: Record, wanted: int = DEFAULT_REPLICATE) -> int:
    """At most `wanted`, at least 1: the nodes that are up and not leaving, by the HELLO of one of them."""
    good = len([node for node in greeting["nodes"] if node["priority"] < _NO_LINK])
    return max(min(wanted, good), 1)
