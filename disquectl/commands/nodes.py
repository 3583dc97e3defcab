"""nodes: the nodes of the cluster, and how they see each other."""

from __future__ import annotations

from disquectl.merge.nodes import NODE_FIELDS
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.parameters import SEEDS_ONLY
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind, Level

KINDS: dict[str, Kind] = {
    "id": "id",
    "address": "word",
    "health": "word",
    "uptime": "seconds",
    "used_memory": "bytes",
    "maxmemory": "bytes",
    "clock_skew": "ms",
}
RANKS = (
    "address",
    "health",
    "used_memory",
    "jobs",
    "queues",
    "clients",
    "uptime",
    "id",
    "blocked",
    "priority",
    "clock_skew",
    "aof",
    "version",
)
LEVELS: dict[str, dict[str, Level]] = {
    "health": {
        "down": "error",
        "failing": "error",
        "aof error": "error",
        "full": "error",
        "leaving": "warning",
        "no copies": "warning",
    }
}
SHAPE = Shape(NODE_FIELDS, RECORDS, many=True, value="address", kinds=KINDS, ranks=RANKS, levels=LEVELS)


def run(command: Command, values: Values, session: Session) -> None:
    """Ask every node about itself and the others, and write a row for each."""
    from disquectl.programs.nodes import list_nodes

    list_nodes(values, SHAPE, session)


COMMAND = Command(
    "nodes",
    "List the nodes of the cluster, and how they see each other.",
    group=CLUSTER,
    example="disquectl nodes -o json",
    details="health is the worst of what is wrong: down (it does not answer), failing (for another node), "
    "aof error, full (95 % of maxmemory is used: it refuses new jobs), leaving, no copies (75 %: it keeps no "
    "replica of new jobs), or ok. priority (of HELLO: 1 good, 5 not linked, 10 possibly failing, 100 failing "
    "or leaving) and state (of CLUSTER NODES) are what the other nodes report: one value where they agree, "
    "else each node's, marked with ! in a table. uptime is in seconds, used_memory and maxmemory are in "
    "bytes, clock_skew is how many milliseconds the node's clock is ahead of the local one. A node that does "
    "not answer is listed with what the others report.",
    grammar=Grammar(options=(SEEDS_ONLY,)),
    does=Program(run, shape=lambda _: SHAPE),
)
