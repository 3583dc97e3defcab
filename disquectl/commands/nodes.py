"""nodes: the nodes of the cluster in a row each, and how the others see them."""

from __future__ import annotations

from disquectl.merge.nodes import NODE_FIELDS
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.parameters import SEEDS_ONLY
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

KINDS = {
    "id": "id",
    "uptime": "seconds",
    "used_memory": "bytes",
    "maxmemory": "bytes",
    "clock_skew": "ms",
}
SHAPE = Shape(NODE_FIELDS, RECORDS, many=True, value="address", kinds=KINDS)


def run(command: Command, values: Values, session: Session) -> None:
    """Ask every node about itself and the others."""
    from disquectl.programs.nodes import list_nodes

    list_nodes(values, SHAPE, session)


COMMAND = Command(
    "nodes",
    "List the nodes of the cluster, and how they see each other.",
    group=TOOLS,
    example="disquectl nodes -o json",
    details="priority (HELLO: 1 good, 5 not linked, 10 possibly failing, 100 failing or leaving) and state "
    "(CLUSTER NODES) are what the other nodes say of it: one word where they agree, else each one's, marked "
    "with ! in a table. uptime is seconds, used_memory and maxmemory are bytes, clock_skew is how many "
    "milliseconds its clock is ahead of the one here. A node that does not answer is there with what the "
    "others say of it.",
    grammar=Grammar(options=(SEEDS_ONLY,)),
    does=Program(run, shape=lambda _: SHAPE),
)
