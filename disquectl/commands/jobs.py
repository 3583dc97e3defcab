"""jobs: every job of the cluster once, with the state that all its copies make together."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.jobs import JOB_FIELDS
from disquectl.merge.states import STATES
from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, QUEUE, TEXT, WORD, number, one_of
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

KINDS = {"id": "id", "age": "seconds", "ttl": "seconds", "retry": "seconds", "body": "body"}


def shape(values: Values) -> Shape:
    """A row a job, or the IDs alone."""
    if values.get("ids"):
        return Shape(("id",), VALUE, many=True, value="id", kinds={"id": "id"})
    return Shape(JOB_FIELDS, RECORDS, many=True, value="id", kinds={**KINDS, "next_requeue_within": "ms"})


def check(values: Values) -> None:
    """Refuse a column to sort by that is none, and an expression that cannot be read."""
    if values.get("sort", "age") not in JOB_FIELDS:
        raise UsageError(f"--sort: there is no column {values['sort']!r}; there are {', '.join(JOB_FIELDS)}")
    if "grep" in values:
        import re

        try:
            values["grep"] = re.compile(values["grep"], re.DOTALL)
        except re.error as problem:
            raise UsageError(f"--grep: {problem}", "it is an expression of Python's re") from None


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their jobs, and write those that are selected."""
    from disquectl.programs.jobs import list_jobs

    list_jobs(values, shape(values), session)


COMMAND = Command(
    "jobs",
    "List the jobs of the whole cluster, each once, with its state.",
    group=TOOLS,
    example="disquectl jobs mail --state in-flight --older-than 10m --ids",
    details="queued; delayed; in-flight: delivered, or taken out by dequeue or working, which look the same; "
    "acked: acknowledged, being collected; waiting: addjob waits for copies; unknown: a node that did not "
    "answer may have it queued. next_requeue_within: milliseconds until it is queued, empty for never. age, "
    "ttl and retry are seconds. holders are the nodes with a copy. body is its beginning, 80 bytes. Memory "
    "grows with the number of distinct jobs, about 1 kB each; --grep and QUEUE keep it small.",
    grammar=Grammar(
        arguments=(Argument("queue", QUEUE, "Only jobs of these queues.", many=True, required=False),),
        options=(
            Option("--state", one_of(*STATES), "Only jobs in this state; repeat it for more.", many=True),
            Option("--older-than", DURATION, "Only jobs made so long ago: 5m."),
            Option("--ttl-below", DURATION, "Only jobs that are forgotten within this time."),
            Option("--nacks-over", number(0), "Only jobs with more nacks than that."),
            Option("--deliveries-over", number(0), "Only jobs with more additional deliveries than that."),
            Option("--grep", WORD, "Only jobs whose body has a match of this expression."),
            Option("--sort", TEXT, "Order by a column: numbers from the largest.", unset="age"),
            Option("--reverse", FLAG, "The other way round."),
            Option("--limit", number(0), "At most so many."),
            Option("--ids", FLAG, "Print only IDs, without those of waiting jobs unless --state names them."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
