"""doctor: what is wrong with the cluster, and what to do about it."""

from __future__ import annotations

from disquectl.health.finding import FIELDS, SEVERITIES
from disquectl.spec.command import CLUSTER, Command, Grammar, Program
from disquectl.spec.param_types import DURATION, one_of
from disquectl.spec.parameters import SEEDS_ONLY, Option, require_positive
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind, Level

INTERVAL_MS = 5_000
KINDS: dict[str, Kind] = {"severity": "word", "rule": "word", "command": "word"}
LEVELS: dict[str, dict[str, Level]] = {"severity": {"error": "error", "warning": "warning"}}
SHAPE = Shape(FIELDS, RECORDS, many=True, value="what", kinds=KINDS, levels=LEVELS, empty="nothing is wrong")


def check(values: Values) -> None:
    """Reject an interval in which nothing can be measured; set the default."""
    values.setdefault("interval", INTERVAL_MS)
    require_positive(values, "interval")


def run(command: Command, values: Values, session: Session) -> None:
    """Examine the cluster by all rules, and write a record for each finding."""
    from disquectl.programs.doctor import diagnose

    diagnose(values, SHAPE, session)


COMMAND = Command(
    "doctor",
    "Say what is wrong with the cluster, and what to do about it.",
    group=CLUSTER,
    example="disquectl doctor --fail-on error",
    details="Asks all nodes and changes nothing. Each finding has evidence, its meaning, and the command "
    "that shows more or fixes it; the worst comes first. What could not be checked is on stderr. Exit code "
    "3: there is a finding of at least the severity of --fail-on; a node that does not answer is a finding. "
    "Reads all jobs of all nodes. `disquectl help doctor` lists the rules.",
    grammar=Grammar(
        options=(
            Option(
                "--fail-on",
                one_of(*SEVERITIES, noun="severity"),
                "Exit with 3 for a finding of this severity or a worse one.",
                unset="warning",
            ),
            Option("--interval", DURATION, "Watch queues for this long, such as 10s.", unset="5s"),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    does=Program(run, shape=lambda _: SHAPE),
)
