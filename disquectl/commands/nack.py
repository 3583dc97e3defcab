"""NACK: put failed jobs back into their queue, now or after a delay."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.execution.id_commands import REQUEST, id_list_command, run
from disquectl.spec.command import WRITE, Program
from disquectl.spec.param_types import SECONDS
from disquectl.spec.parameters import Option
from disquectl.spec.shape import VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values


def has_delay(values: Values) -> bool:
    """Whether copies are queued later, instead of the jobs now."""
    return "delay" in values


def check(values: Values) -> None:
    """Reject a delay of 0."""
    if values.get("delay") == 0:
        raise UsageError("--delay is 0", "leave it out to put the jobs back at once")


def shape(values: Values) -> Shape:
    """A count, or with --delay the new ID of each job."""
    if not has_delay(values):
        return REQUEST.shape(values)
    return Shape(
        ("id", "new_id"),
        VALUE,
        many=len(values["id"]) > 1 or values["id"] == (b"-",),
        value="new_id",
        kinds={"id": "id", "new_id": "id"},
        empty="no jobs were delayed",
    )


def nack(command: Command, values: Values, session: Session) -> None:
    """Send NACK, or replace the jobs by copies with the delay."""
    if not has_delay(values):
        run(command, values, session)
        return
    from disquectl.bulk.nack_jobs import nack_later

    nack_later(command, values, shape(values), session)


COMMAND = id_list_command(
    "nack",
    b"NACK",
    "Put failed jobs back into their queue at once, or after --delay.",
    WRITE,
    details="Counts as a nack in the job's counters. Send it to the node that delivered the job, or use "
    "--cluster, which looks at all nodes first.",
    more=" With --delay, which always looks at all nodes, each job is replaced by a copy in the same queue, "
    "with this delay, the remaining TTL, and the job's RETRY and REPLICATE; then the original is "
    "acknowledged. It prints the IDs of the copies, whose counters start at 0. A job is refused if its RETRY "
    "is 0, if the delay is not below its remaining TTL, or if a delay of its own ends within 5 s. If ADDJOB "
    "gets no answer, the original stays, and its ID is reported; if the original may be delivered again, "
    "both IDs are reported. The exit code is then 8.",
    cluster_note="acts on one node, and queues a job twice if another node has it queued; "
    "--cluster looks first",
    example="disquectl nack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
    options=(
        Option("--delay", SECONDS, "Queue each job again after this time, such as 5m, under a new ID."),
    ),
    check=check,
    does=Program(nack, shape=shape, asks_all_nodes=has_delay),
)
