"""queues: every queue of the cluster, with counts by state."""

from __future__ import annotations

from disquectl.merge.queues import QUEUE_FIELDS
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, column_of, number
from disquectl.spec.param_types import QUEUE as PATTERN
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option, require_positive
from disquectl.spec.shape import PAUSED, RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind

KINDS: dict[str, Kind] = {"oldest_age": "seconds"}
RANKS = (
    "queue",
    "queued",
    "in_flight",
    "oldest_age",
    "delayed",
    "pause",
    "rate_in",
    "rate_out",
    "blocked",
    "jobs_in",
    "jobs_out",
    "nodes",
    "acked",
)
EMPTY = "no queues"


def shape(values: Values) -> Shape:
    """A row for each queue, or only the names."""
    if values.get("names"):
        return Shape(("queue",), VALUE, many=True, value="queue", empty=EMPTY)
    return Shape(
        QUEUE_FIELDS, RECORDS, many=True, value="queue", kinds=KINDS, ranks=RANKS, levels=PAUSED, empty=EMPTY
    )


def check(values: Values) -> None:
    """Reject intervals that are not positive."""
    require_positive(values, "interval")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their queues and jobs, merge them, and write the queues that pass the filters."""
    from disquectl.programs.queues import list_queues

    list_queues(values, shape(values), session)


COMMAND = Command(
    "queues",
    "List the queues of the whole cluster.",
    group=CLUSTER,
    example="disquectl queues 'mail*' --sort in_flight --limit 10",
    details="queued, delayed, in_flight (delivered or taken out, not acknowledged) and acked count jobs, "
    "each once however many replicas it has. oldest_age is the age of the oldest queued job in "
    "seconds. jobs_in and jobs_out are sums over the nodes, so a job that moves between nodes "
    "counts on both; the rates are jobs per second. pause is one state, or each node's where they "
    "differ. nodes are those that have the queue or a job of it. Reads all jobs of all nodes; "
    "memory grows with the number of distinct jobs, about 250 bytes each.",
    grammar=Grammar(
        arguments=(
            Argument(
                "pattern", PATTERN, "Only queues whose name matches this pattern (* ? [a-z]).", required=False
            ),
        ),
        options=(
            Option(
                "--sort",
                column_of(*QUEUE_FIELDS),
                "Sort by this column, largest numbers first.",
                unset="queue",
            ),
            Option("--reverse", FLAG, "Reverse the order."),
            Option("--min-length", number(0), "Only queues with at least N queued jobs."),
            Option("--limit", number(0), "Show at most N."),
            Option("--names", FLAG, "Print only the names."),
            Option("--interval", DURATION, "Measure rates over this interval, such as 2s."),
            Option(
                "--estimate",
                FLAG,
                "Use only QSCAN and QSTAT: faster, but without delayed, in-flight and oldest age.",
            ),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
