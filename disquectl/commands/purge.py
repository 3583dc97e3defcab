"""purge: deletes selected jobs on all nodes, so that they do not come back."""

from __future__ import annotations

from disquectl.spec.acting import ACTING_OPTIONS, DONE_JOBS, check_acting
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.selection import GLOB_QUEUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values


def check(values: Values) -> None:
    """Reject a command without a queue."""
    check_acting("purge", values, ("acked",))


def run(command: Command, values: Values, session: Session) -> None:
    """Find the jobs on all nodes, ask, and delete them."""
    from disquectl.bulk.purge_jobs import purge

    purge(values, DONE_JOBS, session)


COMMAND = Command(
    "purge",
    "Delete the jobs of queues, or some of them, on all nodes.",
    group=CLUSTER,
    example="disquectl purge mail --older-than 1d --dry-run",
    details="Deletes queued and delayed jobs, so that no replica brings them back. Jobs in flight are "
    "counted and left, unless --state in-flight is given. Says how many jobs there are, and asks. Jobs "
    "that are created after it has started are left alone. Exit codes: 0 if all are deleted or were consumed "
    "meanwhile, 3 if some were left or a node did not answer. Doing it again is safe.",
    grammar=Grammar(arguments=(GLOB_QUEUES,), options=ACTING_OPTIONS, check=check),
    risk=Risk(WRITE),
    does=Program(run, shape=lambda _: DONE_JOBS),
)
