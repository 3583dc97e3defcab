"""dump: writes whole jobs of all nodes as JSON lines."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.job_dump import DUMP_FIELDS
from disquectl.spec.acting import RATE_LIMIT
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import FILE
from disquectl.spec.parameters import SEEDS_ONLY, Option
from disquectl.spec.selection import QUEUES, SELECTION_OPTIONS
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

JOBS = Shape(DUMP_FIELDS, RECORDS, many=True, value="id", body="body", empty="no jobs match")
LISTED_ONLY = ("acked", "waiting")


def check(values: Values) -> None:
    """Reject states whose jobs are only listed."""
    for state in values.get("state", ()):
        if state in LISTED_ONLY:
            raise UsageError(f"--state: dump does not write {state} jobs", "`disquectl jobs` lists them")


def run(command: Command, values: Values, session: Session) -> None:
    """Read the jobs of all nodes, and write them."""
    from disquectl.bulk.dump_jobs import dump

    dump(values, JOBS, session)


COMMAND = Command(
    "dump",
    "Save whole jobs of the cluster as JSON lines, for load.",
    group=CLUSTER,
    example="disquectl dump mail --file mail.jsonl.gz",
    details="Writes each job once, however many nodes have it: queued, delayed and in-flight jobs, unless "
    "--state is given. The jobs stay as they are. created, expires and due are in UTC; ttl is the time from "
    "creation to expiry in seconds, due is when the job is queued next. A body that is not UTF-8 comes "
    "as body_base64. With --file, the file is replaced only by a complete dump; if a node did not answer, or "
    "the disk is full, FILE.partial is left. Jobs that are created after it has started are left out. Exit "
    "codes: 0 if all nodes answered, otherwise 3; 9 if the jobs could not be written.",
    grammar=Grammar(
        arguments=(QUEUES,),
        options=(
            Option("--file", FILE, "Write to this file (mode 0600); a name in .gz compresses."),
            *SELECTION_OPTIONS,
            RATE_LIMIT,
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=lambda _: JOBS, pages=False),
)
