"""stat: a line of figures of the whole cluster at an interval."""

from __future__ import annotations

from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, QUEUE, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option, require_positive
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

FIELDS = ("time", "nodes", "queued", "rate_in", "rate_out", "waiting", "clients", "memory")
SHAPE = Shape(FIELDS, RECORDS, many=True, kinds={"memory": "bytes", "time": "iso"})


def check(values: Values) -> None:
    """Reject an interval of nothing."""
    require_positive(values, "every")


def run(command: Command, values: Values, session: Session) -> None:
    """Sample all nodes, and write a line each time."""
    from disquectl.programs.stat import watch

    watch(values, SHAPE, session)


COMMAND = Command(
    "stat",
    "Print a line of figures of the whole cluster each second.",
    group=CLUSTER,
    example="disquectl stat --every 1s --times 3",
    details="With QUEUE, queued, the rates and waiting are those of these queues. Rates are differences of "
    "jobs-in and jobs-out between two samples; after a restart, or where a counter went back, there is "
    "none. A job that moves between nodes is not counted as in and out, as far as the nodes know. Without "
    "QUEUE, waiting counts each client that waits in GETJOB once. A sample that finds no node is shown "
    "and does not end it. Exit codes: those of the last sample; 3 if a node did not answer it.",
    grammar=Grammar(
        arguments=(Argument("queue", QUEUE, "Queues, or patterns of * ? [a-z].", many=True, required=False),),
        options=(
            Option("--every", DURATION, "Sample at this interval.", unset="1s"),
            Option("--times", number(1, 2**31), "End after N lines."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=lambda _: SHAPE, is_streaming=lambda _: True),
)
