"""dead: jobs that a worker gave up, and jobs that may follow."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.job_options import MAX_REPLICAS
from disquectl.protocol.jobid import is_valid
from disquectl.spec.command import CLUSTER, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import (
    DURATION,
    FLAG,
    QUEUE,
    RATE,
    SECONDS,
    TEXT,
    WORD,
    ParamType,
    number,
    one_of,
)
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.queue_patterns import is_pattern
from disquectl.spec.selection import CONTENT_OPTIONS, ORDER_OPTIONS
from disquectl.spec.shape import PAIRS, RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values
    from disquectl.spec.shape import Kind, Layout

LIST, SHOW, RETRY, DROP, FAILING = "list", "show", "retry", "drop", "failing"
ACTIONS = (LIST, SHOW, RETRY, DROP, FAILING)
MEANINGS = {
    LIST: "list dead jobs",
    SHOW: "show a dead letter in full",
    RETRY: "put dead jobs back into their queues",
    DROP: "delete dead jobs",
    FAILING: "list jobs that came back and are not dead yet",
}
KINDS: dict[str, Kind] = {
    "id": "id",
    "job": "id",
    "example": "id",
    "body": "body",
    "failed": "iso",
    "oldest": "iso",
    "newest": "iso",
    "next_requeue_within": "ms",
    "ttl": "seconds",
}
# What only a death has; jobs that fail and are not dead have none of it.
OF_DEATH = ("exit", "signal", "older", "newer", "died_before", "died_after")
# What changes the job that is retried, and how many are retried.
OF_RETRY = ("replicate", "delay", "rate")
# What --by lists, after the field that it groups by.
GROUP_FIELDS = ("count", "oldest", "newest", "example")


def action_of(values: Values) -> tuple[str, tuple[bytes, ...]]:
    """The action, and the queues, with --prefix, or IDs; a first word that is no action is one of these."""
    first: str | None = values.get("action")
    names: tuple[bytes, ...] = values.get("name", ())
    prefix: bytes = values.get("prefix", b"")
    action = LIST if first is None or first not in ACTIONS else first
    if first is not None and first not in ACTIONS:
        names = (first.encode("utf-8", "surrogateescape"), *names)
    return action, tuple(name if is_valid(name) else prefix + name for name in names)


def check(values: Values) -> None:
    """Reject options that do not fit the action."""
    action, names = action_of(values)
    if action == SHOW and (not names or not all(map(is_valid, names))):
        raise UsageError("dead show needs job IDs")
    if action not in (RETRY, DROP) and "dry_run" in values:
        raise UsageError("--dry-run only applies to retry and drop")
    for name in OF_RETRY:
        if action != RETRY and name in values:
            raise UsageError(f"--{name} only applies to retry")
    if action != LIST and "by" in values:
        raise UsageError("--by only applies to list")
    # An unset variable of a script must not become a filter that matches everything.
    if values.get("dead") == b"":
        raise UsageError("--dead is empty", "leave it out to match all")
    _check_prefix(values)
    for name in OF_DEATH:
        if action == FAILING and name in values:
            raise UsageError(f"--{name.replace('_', '-')} does not apply to failing: these jobs are not dead")
    for name, same in (("older", "died_before"), ("newer", "died_after")):
        if same not in values:
            continue
        if name in values:
            raise UsageError(f"--{name} and --{same.replace('_', '-')} mean the same; give one")
        values[name] = values.pop(same)


def _check_prefix(values: Values) -> None:
    prefix: bytes | None = values.get("prefix")
    if prefix == b"":
        raise UsageError("--prefix is empty", "leave it out to match all")
    if prefix is not None and is_pattern(prefix):
        raise UsageError("--prefix has *, ? or [, which is not supported", "name the queues in full instead")


def shape(values: Values) -> Shape:
    """The columns, by action."""
    from disquectl.worker.dead_letters import FAILING_FIELDS, FAILING_RANKS, FIELDS, RANKS, WHOLE

    action, names = action_of(values)
    if "by" in values:
        ranks = (values["by"], "count", "example", "newest", "oldest")
        return Shape(
            (values["by"], *GROUP_FIELDS), RECORDS, many=True, value="example", kinds=KINDS, ranks=ranks
        )
    if action == SHOW:
        layout: Layout = PAIRS if len(names) == 1 else RECORDS
        return Shape(WHOLE, layout, many=len(names) > 1, body="body", kinds={"body": "body"}, folds=True)
    if action in (RETRY, DROP) and "dry_run" not in values:
        return Shape(("count",), VALUE, value="count", empty="no dead jobs")
    fields = FAILING_FIELDS if action == FAILING else FIELDS
    return Shape(
        fields,
        RECORDS,
        many=True,
        value="id",
        body="body",
        kinds=KINDS,
        ranks=FAILING_RANKS if action == FAILING else RANKS,
        empty="no failing jobs" if action == FAILING else "no dead jobs",
    )


def run(command: Command, values: Values, session: Session) -> None:
    """Read the dead queues of all nodes and apply the action to the dead letters."""
    from disquectl.programs.dead import dead_letters

    dead_letters(*action_of(values), values, shape(values), session)


COMMAND = Command(
    "dead",
    "List, retry or drop the jobs that a worker gave up.",
    group=CLUSTER,
    example="disquectl dead retry mail --exit 75 --dry-run",
    details="Reads the dead queues of all nodes. retry and drop ask for confirmation, unless all jobs are "
    "named by their IDs. An ID is that of the dead letter or that of the job that died. --by counts the "
    "dead jobs by reason, exit code, queue or UTC date, the largest group first; example is the ID of the "
    "newest dead letter of the group. --nacks-over counts the attempts of a dead job; --limit and --newest "
    "go by the time of the death. failing also lists jobs that a worker holds after their first failure, if "
    "it says so (`disquectl help worker`). See `disquectl help selecting-jobs`.",
    grammar=Grammar(
        arguments=(
            Argument(
                "action",
                ParamType("choice", TEXT.convert, "|".join(ACTIONS), ACTIONS, MEANINGS),
                "list (default): list dead jobs; show: show one dead letter in full; retry: put dead jobs "
                "back into their queues; drop: delete them; failing: list jobs that failed or came "
                "back at least once and are not dead yet.",
                required=False,
            ),
            Argument("name", WORD, "Queues (mail or dead:mail) or job IDs.", many=True, required=False),
        ),
        options=(
            Option("--exit", number(0, 255), "Only jobs that ended with this exit code."),
            Option("--signal", number(1, 255), "Only jobs that ended by this signal."),
            Option("--died-before", DURATION, "Only jobs that died this long ago or earlier."),
            Option("--died-after", DURATION, "Only jobs that died within this time."),
            Option("--older", DURATION, "Same as --died-before."),
            Option("--newer", DURATION, "Same as --died-after."),
            *CONTENT_OPTIONS,
            *ORDER_OPTIONS,
            Option("--dead", QUEUE, "The dead queue, if the worker used --dead."),
            Option("--prefix", WORD, "Only queues with this prefix, as in work."),
            Option(
                "--by",
                one_of("reason", "exit", "queue", "day", noun="group"),
                "Count dead jobs by group.",
            ),
            Option(
                "--replicate",
                number(1, MAX_REPLICAS),
                "Replicas of each job that is retried.",
                unset="as many as it had, at most as many as possible",
            ),
            Option("--delay", SECONDS, "Queue retried jobs after this time."),
            Option("--rate", RATE, "Retry at most N jobs per second, such as 10/s."),
            Option("--dry-run", FLAG, "Only list what would be acted on."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=shape),
)
