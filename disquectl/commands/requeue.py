"""requeue: puts selected jobs into their queue now."""

from __future__ import annotations

from disquectl.spec.acting import ACTING_OPTIONS, DONE_JOBS, check_acting
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.selection import GLOB_QUEUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def check(values: Values) -> None:
    """Reject a command without a queue, and states that cannot be queued."""
    check_acting("requeue", values, ("acked", "waiting"))


def run(command: Command, values: Values, session: Session) -> None:
    """Find the jobs on all nodes, ask, and queue them."""
    from disquectl.bulk.requeue_jobs import requeue

    requeue(values, DONE_JOBS, session)


COMMAND = Command(
    "requeue",
    "Put jobs into their queue now, before their delay or retry time ends.",
    group=CLUSTER,
    example="disquectl requeue mail --state in-flight --older-than 1h --dry-run",
    details="Queues delayed jobs. With --state in-flight it queues jobs that were delivered and not "
    "acknowledged; it asks, because those that are still running will run twice. Each return to the queue "
    "counts as an additional delivery. Exit codes: 0 if all are queued, 3 if some were left, 8 if a node did "
    "not answer after a job was sent to it.",
    grammar=Grammar(arguments=(GLOB_QUEUES,), options=ACTING_OPTIONS, check=check),
    risk=Risk(WRITE),
    does=Program(run, shape=lambda _: DONE_JOBS),
)
