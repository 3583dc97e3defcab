"""trace: one job as every node sees it."""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.merge.trace import TRACE_FIELDS
from disquectl.protocol.jobid import is_valid, may_be_beginning
from disquectl.spec.body_options import BODY_OPTIONS
from disquectl.spec.command import CLUSTER, UNKNOWN_JOB, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, JOB_ID
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind

KINDS: dict[str, Kind] = {"id": "id", "next_requeue_within": "ms"}
DOCUMENT = Shape((*TRACE_FIELDS, "differs", "copies"), RECORDS, kinds=KINDS)


def shape(values: Values) -> Shape:
    """One document; with --follow, one after each change."""
    return DOCUMENT


def _not_an_id() -> ReplyError:
    return ReplyError("BADID not a job ID", "a job ID has 40 characters: D-, 8 hex digits, -, 24, -, 4")


def check(values: Values) -> None:
    """Reject an invalid ID before connecting."""
    if not is_valid(values["id"]) and not may_be_beginning(values["id"]):
        raise _not_an_id()


def run(command: Command, values: Values, session: Session) -> None:
    """Ask all nodes for the job; with --follow, until none has it."""
    from disquectl.programs.trace import trace_job

    if not is_valid(values["id"]):
        raise _not_an_id()
    trace_job(values, DOCUMENT, session)


COMMAND = Command(
    "trace",
    "Show a job as every node sees it, side by side.",
    group=CLUSTER,
    example="disquectl trace D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
    details="First what the ID says and the state that all replicas add up to (see `disquectl help jobs`), "
    "then every field of SHOW by node; * marks those that differ. Times that count down are not "
    "compared. Nodes are shown by their addresses. Exit code 4 if no node has a replica.",
    errors=UNKNOWN_JOB,
    short_ids=True,
    grammar=Grammar(
        arguments=(Argument("id", JOB_ID, "Job ID, or its beginning (8YL1NT)."),),
        options=(
            Option("--follow", FLAG, "Show the job again after each change, until no node has it."),
            *BODY_OPTIONS,
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=shape),
)
