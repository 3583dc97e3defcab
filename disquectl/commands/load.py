"""load: adds the jobs of a dump again."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.job_options import MAX_REPLICAS
from disquectl.spec.acting import DRY_RUN, RATE_LIMIT, shape_of_done
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import FILE, FLAG, QUEUE, SECONDS, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.selection import QUEUES, SELECTION_OPTIONS
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

LOADED_JOBS = shape_of_done("line", "id", "new_id", "queue")
PREVIEW = Shape(
    ("line", "id", "queue", "state", "ttl", "delay", "retry", "replicate"),
    RECORDS,
    many=True,
    value="id",
    kinds={"id": "id", "state": "word", "ttl": "seconds", "delay": "seconds", "retry": "seconds"},
    ranks=("id", "state", "queue", "ttl", "delay", "line", "replicate", "retry"),
    empty="no jobs match",
    listed_as="jobs",
)


def shape(values: Values) -> Shape:
    """The jobs that were added, or would be."""
    return PREVIEW if "dry_run" in values else LOADED_JOBS


def check(values: Values) -> None:
    """Reject an empty queue, and options that exclude each other."""
    for name in ("to", "to_prefix"):
        if values.get(name) == b"":
            raise UsageError(f"--{name.replace('_', '-')} is empty", "leave it out to keep the queues")
    if "to" in values and "to_prefix" in values:
        raise UsageError("--to and --to-prefix cannot be combined", "use one of them")
    if "newest" in values and "limit" not in values:
        raise UsageError("--newest needs --limit: jobs are added in the order of the file")


def run(command: Command, values: Values, session: Session) -> None:
    """Read the file, ask, and add the jobs."""
    from disquectl.bulk.load_jobs import load

    load(values, shape(values), session)


COMMAND = Command(
    "load",
    "Add the jobs of a dump again.",
    group=CLUSTER,
    example="disquectl load mail.jsonl --to mail-copy --dry-run",
    details="Reads JSON lines as dump writes them, also compressed by gzip; - is stdin, which needs --yes. "
    "Each job gets a new ID, what is left of its TTL and delay, and as many replicas as it had, if the "
    "cluster can hold them. Expired jobs are skipped, and jobs whose original ID a node still knows. Counts "
    "the jobs by queue and state, and asks. A line that is not a job is reported and the rest continue. "
    "Ctrl-C and TERM say how to continue with --skip; after kill -9, up to one batch is added twice. Exit "
    "codes: 0 if all were added or skipped, 3 if some were left, 8 if some are unknown, 1 if all were "
    "refused.",
    errors=(
        "NOREPL: fewer nodes can hold a replica than --replicate asks for.",
        "PAUSED: the queue is paused for input.",
        "OOM: the node is out of memory.",
    ),
    grammar=Grammar(
        arguments=(
            Argument("file", FILE, "File that dump wrote; - is stdin."),
            QUEUES,
        ),
        options=(
            Option("--to", QUEUE, "Add all jobs to this queue.", unset="the queue of each job"),
            Option("--to-prefix", QUEUE, "Add jobs to queues with this text before their names."),
            Option("--renew", FLAG, "Count TTL and delay from now; load expired jobs, too."),
            Option("--even-if-present", FLAG, "Also add jobs that the cluster still knows."),
            Option("--retry", SECONDS, "Retry time of the jobs.", unset="that of each job"),
            Option("--ttl", SECONDS, "TTL of the jobs, from now.", unset="what is left of each job's"),
            Option("--delay", SECONDS, "Delay of the jobs, from now.", unset="what is left of each job's"),
            Option(
                "--replicate",
                number(1, MAX_REPLICAS),
                "Replicas of each job.",
                unset="as many as each job had, at most as many as possible",
            ),
            Option("--async", FLAG, "Do not wait for replication."),
            Option(
                "--connections",
                number(1, 1000),
                "Use N connections.",
                unset="32; 1 where order is kept",
            ),
            Option("--skip", number(0), "Skip the first N lines.", unset="0"),
            Option("--fail-fast", FLAG, "Stop at the first line that is refused or not a job."),
            *SELECTION_OPTIONS,
            DRY_RUN,
            RATE_LIMIT,
            SEEDS_ONLY,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=shape, pages=False),
)
