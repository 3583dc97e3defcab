"""bench: measures how fast a cluster adds and delivers jobs, or answers at all."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.latencies import FIELDS as LATENCIES
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import DURATION, FLAG, RATE, SIZE, number
from disquectl.spec.parameters import SEEDS_ONLY, Option, require_positive
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

MAX_CLIENTS = 10_000
# Jobs of a block, and bytes of a body: what fits into a request without being a test of memory.
MAX_PIPELINE = 10_000
MAX_SIZE = 64 << 20
ROWS = Shape(
    ("phase", "jobs", "seconds", "rate", "errors", *LATENCIES),
    RECORDS,
    many=True,
    value="rate",
    kinds={"phase": "word"},
    ranks=("phase", "rate", "jobs", "seconds", "errors", "p50", "p99", "max", "p90", "p999", "min"),
    empty="nothing was measured",
)


def check(values: Values) -> None:
    """Reject limits that contradict each other, and sizes that measure something else."""
    if "jobs" in values and "for" in values:
        raise UsageError("--jobs and --for cannot be combined", "give one limit")
    require_positive(values, "for")
    if values.get("size", 0) > MAX_SIZE:
        raise UsageError(f"--size: too large: the maximum is {MAX_SIZE >> 20}mb")


def run(command: Command, values: Values, session: Session) -> None:
    """Ask if there is a reason to, add jobs, take them, delete what is left, and write the figures."""
    from disquectl.programs.bench import bench

    bench(values, ROWS, session)


COMMAND = Command(
    "bench",
    "Measure how fast the cluster adds and delivers jobs.",
    group=CLUSTER,
    example="disquectl bench --jobs 2000 --clients 10 --yes",
    details="Adds jobs with clients spread over all nodes, then takes and acknowledges them. Uses a new "
    "queue whose jobs live 5 minutes at most, and deletes them at the end. Asks first if the cluster holds "
    "jobs or the profile is protected. Latencies are in milliseconds: of ADDJOB; of GETJOB and ACKJOB "
    "together; of QLEN; with --pipeline, of whole blocks. With --rate they count from when a request was "
    "due, so that a cluster that stalls cannot hide it. --consume alone adds the jobs without measuring "
    "that. Exit codes: 3 if there were errors or a node did not answer, 1 if all was refused.",
    grammar=Grammar(
        options=(
            Option(
                "--produce", FLAG, "Measure adding jobs. Without --produce, --consume, --qlen: the first two."
            ),
            Option("--consume", FLAG, "Measure taking and acknowledging jobs."),
            Option("--qlen", FLAG, "Measure QLEN: how fast nodes answer at all."),
            Option("--clients", number(1, MAX_CLIENTS), "Use N connections.", unset="50"),
            Option(
                "--pipeline", number(1, MAX_PIPELINE), "Send N requests at a time; take N jobs.", unset="1"
            ),
            Option("--size", SIZE, "The size of a body, such as 1kb.", unset="100"),
            Option("--replicate", number(1, 65535), "Ask for N replicas.", unset="as Disque: up to 3"),
            Option("--jobs", number(1), "Add N jobs; send QLEN N times.", unset="100000"),
            Option("--for", DURATION, "Add jobs for this long, then take them for this long at most."),
            Option("--rate", RATE, "Add, then take, N jobs per second."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=lambda _: ROWS),
)
