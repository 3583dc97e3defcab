"""top: the whole cluster on one screen, live."""

from __future__ import annotations

from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, FLAG, QUEUE, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option, require_positive
from disquectl.spec.shape import PAUSED, RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

SHAPE = Shape(
    (
        "time",
        "queue",
        "queued",
        "delayed",
        "in_flight",
        "rate_in",
        "rate_out",
        "oldest_age",
        "waiting",
        "pause",
    ),
    RECORDS,
    many=True,
    value="queue",
    kinds={"oldest_age": "seconds", "time": "iso"},
    ranks=(
        "queue",
        "queued",
        "rate_out",
        "rate_in",
        "pause",
        "oldest_age",
        "waiting",
        "in_flight",
        "delayed",
    ),
    levels=PAUSED,
    empty="no queues",
)


def check(values: Values) -> None:
    """Reject an interval of nothing."""
    require_positive(values, "every")


def run(command: Command, values: Values, session: Session) -> None:
    """Start the live screen, or write snapshots."""
    from disquectl.top.run import start

    start(values, SHAPE, session)


COMMAND = Command(
    "top",
    "Watch the whole cluster on one screen, and act on its queues.",
    group=CLUSTER,
    example="disquectl top 'mail*' --every 5s",
    details="Shows queues in trouble first: with jobs and no consumer, paused, or with a job that is much "
    "older than its retry time; then those that deliver most. ? shows the keys, q quits. Off a terminal, on "
    "one of type dumb, and with -b or --times, it writes snapshots: one record for each queue, the first "
    "after one interval. delayed, in_flight and oldest_age come from scans of all jobs in slices, which take "
    "a node less than 5 % of its time; of 1,000,000 jobs they are about a minute old. With more than "
    "60,000 jobs, delayed and in_flight are estimated from a sample.",
    grammar=Grammar(
        arguments=(
            Argument(
                "queue", QUEUE, "Show only these queues; patterns of * ? [a-z].", many=True, required=False
            ),
        ),
        options=(
            Option("--every", DURATION, "Sample at this interval.", unset="2s"),
            Option("--times", number(1, 2**31), "Write N snapshots and end."),
            Option("--batch", FLAG, "Write snapshots, also on a terminal.", short="-b"),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=lambda _: SHAPE, is_streaming=lambda _: True),
)
