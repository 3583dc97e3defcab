"""jobs: every job of the cluster once, with the state that its replicas add up to."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.jobs import JOB_FIELDS
from disquectl.spec.body_options import BODY_NAMES, BODY_OPTIONS
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, column_of
from disquectl.spec.parameters import SEEDS_ONLY, Option
from disquectl.spec.selection import CONTENT_OPTIONS, ORDER_OPTIONS, QUEUES, STATUS_OPTIONS
from disquectl.spec.shape import RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind, Level

KINDS: dict[str, Kind] = {
    "id": "id",
    "state": "word",
    "age": "seconds",
    "ttl": "seconds",
    "retry": "seconds",
    "body": "body",
}
RANKS = (
    "id",
    "state",
    "queue",
    "age",
    "next_requeue_within",
    "body",
    "nacks",
    "additional_deliveries",
    "ttl",
    "holders",
    "retry",
)
LEVELS: dict[str, dict[str, Level]] = {"state": {"unknown": "warning", "waiting": "warning"}}
EMPTY = "no jobs match"


def shape(values: Values) -> Shape:
    """A row for each job, or only the IDs."""
    if values.get("ids"):
        return Shape(("id",), VALUE, many=True, value="id", kinds={"id": "id"}, empty=EMPTY)
    return Shape(
        JOB_FIELDS,
        RECORDS,
        many=True,
        value="id",
        kinds={**KINDS, "next_requeue_within": "ms"},
        ranks=RANKS,
        levels=LEVELS,
        body="body" if values.get("full") else None,
        empty=EMPTY,
    )


def check(values: Values) -> None:
    """Reject options that cannot be combined."""
    for name in ("sort", "reverse"):
        if "newest" in values and name in values:
            raise UsageError(f"--newest and --{name} cannot be combined")
    if values.get("full") and values.get("ids"):
        raise UsageError("--full and --ids cannot be combined")
    for name in BODY_NAMES:
        if name in values and not values.get("full"):
            raise UsageError(f"--{name.replace('_', '-')} needs --full", "without it, a body is cut")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for their jobs, merge the replicas, and write the jobs that are selected."""
    from disquectl.programs.jobs import list_jobs

    list_jobs(values, shape(values), session)


COMMAND = Command(
    "jobs",
    "List the jobs of the whole cluster, each once, with its state.",
    group=CLUSTER,
    example="disquectl jobs mail --state in-flight --older-than 10m",
    details="States: queued; delayed; in-flight (delivered, or taken out by dequeue or working, which look "
    "the same); acked (acknowledged, being collected); waiting (addjob waits for replication); "
    "unknown (a node that did not answer may have it queued). body is its first 80 bytes, or all of it with "
    "--full. Each job that may be shown takes about 1 kB of memory, with --full also its body. See "
    "`disquectl help selecting-jobs`.",
    grammar=Grammar(
        arguments=(QUEUES,),
        options=(
            *STATUS_OPTIONS,
            *CONTENT_OPTIONS,
            Option(
                "--sort", column_of(*JOB_FIELDS), "Sort by this column, largest numbers first.", unset="age"
            ),
            Option("--reverse", FLAG, "Reverse the order."),
            *ORDER_OPTIONS,
            Option("--ids", FLAG, "Print only IDs; leaves out waiting jobs unless --state names them."),
            Option(
                "--full",
                FLAG,
                "Show whole bodies; in a table, jobs in full.",
            ),
            *BODY_OPTIONS,
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
