"""dead: the jobs that a worker gave up, and those that it may yet give up."""

from __future__ import annotations

import time

from disquectl.commands.kinds import DURATION, FLAG, TEXT, WORD, Kind, number
from disquectl.commands.road import show
from disquectl.commands.row import SEEDS_ONLY, TOOLS, WRITE, Argument, Option, Row
from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, PartlyDone, ReplyError, UsageError
from disquectl.protocol.jobid import is_valid
from disquectl.protocol.replies import complete, jscan_page
from disquectl.render.shape import PAIRS, RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.commands.everywhere.gather import Refusals
    from disquectl.commands.row import Record, Values
    from disquectl.commands.session import Session

LIST, SHOW, RETRY, DROP, FAILING = "list", "show", "retry", "drop", "failing"
ACTIONS = (LIST, SHOW, RETRY, DROP, FAILING)
MEANINGS = {
    LIST: "those that are dead",
    SHOW: "all of one letter",
    RETRY: "put jobs back into their queues",
    DROP: "forget them",
    FAILING: "jobs that came back, and are not dead yet",
}
FILTERS = ("exit", "signal", "contains", "older", "newer")
KINDS = {"id": "id", "job": "id", "body": "body", "next_requeue_within": "ms", "ttl": "seconds"}
PAGE = 1000
# The fields of a copy that are counted on.
COPY_FIELDS = ("queue", "state", "ttl", "nacks", "additional_deliveries", "next_requeue_within", "body")


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
    from disquectl.worker.letters import FAILING_FIELDS, FIELDS, WHOLE

    action, names = action_of(values)
    if action == SHOW:
        layout = PAIRS if len(names) == 1 else RECORDS
        return Shape(WHOLE, layout, many=len(names) > 1, body="body", kinds={"body": "body"})
    if action in (RETRY, DROP) and "dry_run" not in values:
        return Shape(("count",), VALUE, value="count")
    fields = FAILING_FIELDS if action == FAILING else FIELDS
    return Shape(fields, RECORDS, many=True, value="id", body="body", kinds=KINDS)


def run(row: Row, values: Values, session: Session) -> None:
    """Read the dead queues of all nodes, and do with what is found as asked."""
    from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle

    action, names = action_of(values)
    session.check_output(shape(values))
    acts = action in (RETRY, DROP) and "dry_run" not in values
    if acts and session.settings.read_only:
        raise UsageError(f"dead {action} can change the cluster, and this is read-only")
    by_filter = acts and not (names and all(map(is_valid, names)))
    if by_filter and not session.answered:
        session.check_can_ask(f"dead {action} acts on all that it finds")
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        if action == FAILING:
            found = _failing(cluster, refusals, names)
        else:
            found = _letters(cluster, refusals, names, values)
        require_an_answer(cluster, session, refusals)
        if not acts:
            show(shape(values), found, session)
        elif found:
            if by_filter and not session.answered:
                jobs = "1 dead job" if len(found) == 1 else f"{len(found)} dead jobs"
                session.ask_of_node(f"dead {action} acts on {jobs} of the cluster")
            _act(found, revive if action == RETRY else drop, values, session)
        else:
            show(shape(values), [{"count": 0}], session)
        settle(cluster, session, refusals=refusals)
    if action == SHOW and not found:
        raise NothingThere("no dead job has this ID")


def _copies(
    cluster: Cluster, refusals: Refusals, states: tuple[bytes, ...], queue: bytes | None
) -> Iterator[Record]:
    """The jobs in these states at all nodes, page by page."""
    options = [b"COUNT", b"%d" % PAGE, b"REPLY", b"all"]
    for state in states:
        options += [b"STATE", state]
    if queue is not None:
        options += [b"QUEUE", queue]
    for link, request, reply in cluster.ask([b"JSCAN", b"0", *options]):
        if isinstance(reply, ReplyError):
            refusals.add(link, request, reply)
            continue
        cursor, jobs = jscan_page(reply)
        if cursor:
            link.ask([[b"JSCAN", b"%d" % cursor, *options]])
        for job in jobs:
            yield complete(job, COPY_FIELDS, "JSCAN")


def _letters(cluster: Cluster, refusals: Refusals, names: tuple[bytes, ...], values: Values) -> list[Record]:
    """The letters that are asked for, each once, the oldest first."""
    from disquectl.worker.letters import DEAD, is_wanted, letter_of

    # A dead queue with a name of its own must be named: what stands in others is nobody's letter.
    own: bytes = values.get("dead", b"")
    filters = {name: values[name] for name in FILTERS if name in values}
    now = time.time()
    found: dict[str, Record] = {}
    for job in _copies(cluster, refusals, (b"queued",), own or None):
        if own or DEAD in (job["queue"] or b""):
            letter = letter_of(job)
            if letter is not None and is_wanted(letter, names, filters, now):
                found[letter["id"]] = letter
    oldest_first = sorted(found.values(), key=lambda letter: str(letter["failed"]))
    return oldest_first[: values.get("limit")]


def _failing(cluster: Cluster, refusals: Refusals, names: tuple[bytes, ...]) -> list[Record]:
    """The jobs that are failing, by the counters of all copies."""
    from disquectl.worker.letters import failing

    queue = names[0] if len(names) == 1 and not is_valid(names[0]) else None
    copies = _copies(cluster, refusals, (b"queued", b"active"), queue)
    return failing([job for job in copies if not names or {job["queue"], job["id"].encode()} & {*names}])


def _act(
    letters: list[Record], act: Callable[[Record, Session], None], values: Values, session: Session
) -> None:
    """Do it with each; what is refused is told, and the rest goes on."""
    done, unknown = 0, None
    for letter in letters:
        try:
            act(letter, session)
            done += 1
        except OutcomeUnknown as problem:
            unknown = problem
            session.problem(f"{letter['id']}: {problem.message}")
        except (ReplyError, UsageError) as problem:
            session.problem(f"{letter['id']}: {problem.message}")
    show(shape(values), [{"count": done}], session)
    counts = f"{done} done, {len(letters) - done} not"
    if unknown is not None:
        raise OutcomeUnknown(counts, "what is not known may have been done: look first")
    if done < len(letters):
        problem_now: DisquectlError = PartlyDone(counts) if done else ReplyError(f"ERR {counts}")
        raise problem_now


def revive(letter: Record, session: Session) -> None:
    """Add the job to its queue again; only then the letter is acknowledged."""
    from disquectl.worker.letters import revival

    words = revival(letter)
    session.client.call(*words, wait_ms=int(words[3]))
    drop(letter, session)


def drop(letter: Record, session: Session) -> None:
    """Acknowledge the letter, which removes it from all nodes."""
    session.client.call("ACKJOB", letter["id"], repeatable=True)


ROW = Row(
    "dead",
    "List, retry or drop the jobs that a worker gave up.",
    group=TOOLS,
    effect=WRITE,
    arguments=(
        Argument(
            "action",
            Kind("choice", TEXT.convert, "|".join(ACTIONS), ACTIONS, MEANINGS),
            "list, where it is left out; show: all of one letter; retry: put jobs back into their queues; "
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
    details="It looks at all nodes. retry and drop ask first, unless all jobs are named by their IDs; an ID "
    "is that of the letter in the dead queue or that of the job that died.",
    example="disquectl dead retry mail --exit 75 --dry-run",
    check=check,
    shape=shape,
    run=run,
)
