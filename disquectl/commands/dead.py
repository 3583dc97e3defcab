"""dead: the jobs that a worker gave up, and those that it may yet give up."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.jobid import is_valid
from disquectl.spec.command import TOOLS, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import DURATION, FLAG, TEXT, WORD, ParamType, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import PAIRS, RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Layout

LIST, SHOW, RETRY, DROP, FAILING = "list", "show", "retry", "drop", "failing"
ACTIONS = (LIST, SHOW, RETRY, DROP, FAILING)
MEANINGS = {
    LIST: "those that are dead",
    SHOW: "all of one letter",
    RETRY: "put jobs back into their queues",
    DROP: "forget them",
    FAILING: "jobs that came back, and are not dead yet",
}
KINDS = {"id": "id", "job": "id", "body": "body", "next_requeue_within": "ms", "ttl": "seconds"}


def action_of(values: Values) -> tuple[str, tuple[bytes, ...]]:
    """What to do, and the queues or IDs to do it with; a first word that is no action is one of these."""
    first: str | None = values.get("action")
    names: tuple[bytes, ...] = values.get("name", ())
    if first is None or first in ACTIONS:
        return first or LIST, names
    return LIST, (first.encode("utf-8", "surrogateescape"), *names)


def check(values: Values) -> None:
    """Refuse what has no meaning."""
    action, names = action_of(values)
    if action == SHOW and (not names or not all(map(is_valid, names))):
        raise UsageError("show takes job IDs")
    if action not in (RETRY, DROP) and "dry_run" in values:
        raise UsageError("--dry-run is for retry and drop")
    # A variable that a script forgot to fill must not make a filter that lets everything through.
    empty = [name for name in ("contains", "dead") if values.get(name) == b""]
    if empty:
        raise UsageError(f"--{empty[0]} is empty: it would pick nothing out", "leave it out to mean all")


def shape(values: Values) -> Shape:
    """The columns, by what is done."""
    from disquectl.worker.dead_letters import FAILING_FIELDS, FIELDS, WHOLE

    action, names = action_of(values)
    if action == SHOW:
        layout: Layout = PAIRS if len(names) == 1 else RECORDS
        return Shape(WHOLE, layout, many=len(names) > 1, body="body", kinds={"body": "body"})
    if action in (RETRY, DROP) and "dry_run" not in values:
        return Shape(("count",), VALUE, value="count")
    fields = FAILING_FIELDS if action == FAILING else FIELDS
    return Shape(fields, RECORDS, many=True, value="id", body="body", kinds=KINDS)


def run(command: Command, values: Values, session: Session) -> None:
    """Read the dead queues of all nodes, and do with what is found as asked."""
    from disquectl.programs.dead import dead_letters

    dead_letters(*action_of(values), values, shape(values), session)


COMMAND = Command(
    "dead",
    "List, retry or drop the jobs that a worker gave up.",
    group=TOOLS,
    example="disquectl dead retry mail --exit 75 --dry-run",
    details="It looks at all nodes. retry and drop ask first, unless all jobs are named by their IDs; an ID "
    "is that of the letter in the dead queue or that of the job that died.",
    grammar=Grammar(
        arguments=(
            Argument(
                "action",
                ParamType("choice", TEXT.convert, "|".join(ACTIONS), ACTIONS, MEANINGS),
                "list (default); show: all of one letter; retry: put jobs back into their queues; "
                "drop: forget them; failing: list jobs that came back at least once and are not dead yet.",
                required=False,
            ),
            Argument("name", WORD, "Queues (mail, or dead:mail), or job IDs.", many=True, required=False),
        ),
        options=(
            Option("--exit", number(0, 255), "Only jobs that ended with this code."),
            Option("--signal", number(1, 255), "Only jobs that ended by this signal."),
            Option("--contains", WORD, "Only jobs with this in their body."),
            Option("--older", DURATION, "Only jobs that died so long ago, or longer."),
            Option("--newer", DURATION, "Only jobs that died since."),
            Option("--limit", number(1), "At most so many, the oldest first."),
            Option("--dead", WORD, "The dead queue, where the worker was given one by --dead."),
            Option("--dry-run", FLAG, "Only list what retry or drop would act on."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=shape),
)
