"""queues: every queue of the cluster in a row, with what QLEN and QSTAT of one node cannot know."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.queues import QUEUE_FIELDS
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, TEXT, number
from disquectl.spec.param_types import QUEUE as PATTERN
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def shape(values: Values) -> Shape:
    """A row a queue, or the names alone."""
    if values.get("names"):
        return Shape(("queue",), VALUE, many=True, value="queue")
    return Shape(QUEUE_FIELDS, RECORDS, many=True, value="queue", kinds={"oldest_age": "seconds"})


def check(values: Values) -> None:
    """Refuse a column to sort by that is none, and an interval that is no time."""
    if values.get("sort", "queue") not in QUEUE_FIELDS:
        raise UsageError(
            f"--sort: there is no column {values['sort']!r}; there are {', '.join(QUEUE_FIELDS)}"
        )
    if "interval" in values and values["interval"] <= 0:
        raise UsageError("--interval must be more than 0")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their queues and jobs, and write the queues that are selected."""
    from disquectl.programs.queues import list_queues

    list_queues(values, shape(values), session)


COMMAND = Command(
    "queues",
    "List the queues of the whole cluster.",
    group=TOOLS,
    example="disquectl queues 'mail*' --sort in_flight --limit 10",
    details="queued, delayed, in_flight (delivered or taken out, not acknowledged) and acked are jobs, each "
    "counted once however many nodes hold it. oldest_age is the age of the oldest queued job in seconds. "
    "jobs_in and jobs_out are sums over the nodes, so that a job that moves between nodes counts at both; "
    "the rates are jobs a second. pause is one state, or each node's where they differ. nodes are those that "
    "have the queue or a job of it. It goes through all jobs of all nodes; memory grows with the number of "
    "distinct jobs, about 250 bytes each.",
    grammar=Grammar(
        arguments=(Argument("pattern", PATTERN, "Only these names: * ? [a-z].", required=False),),
        options=(
            Option("--sort", TEXT, "Order by a column: numbers from the largest.", unset="queue"),
            Option("--reverse", FLAG, "The other way round."),
            Option("--min-length", number(0), "Only queues with so many queued jobs."),
            Option("--limit", number(0), "At most so many."),
            Option("--names", FLAG, "The names alone."),
            Option("--interval", DURATION, "Look twice, so far apart, for the rates: 2s."),
            Option(
                "--estimate", FLAG, "By QSCAN and QSTAT alone: quick, and without what only the jobs tell."
            ),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
