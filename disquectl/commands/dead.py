"""dead: jobs that a worker gave up, and jobs that may follow."""

from __future__ import annotations

import time

from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, PartlyDone, ReplyError, UsageError
from disquectl.execution.present import present
from disquectl.protocol.jobid import is_valid
from disquectl.protocol.replies import complete, jscan_page
from disquectl.spec.command import TOOLS, WRITE, Command, Grammar, Program, Risk
from disquectl.spec.param_types import DURATION, FLAG, TEXT, WORD, ParamType, number
from disquectl.spec.parameters import SEEDS_ONLY, Argument, Option
from disquectl.spec.shape import PAIRS, RECORDS, VALUE, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.execution.session import Session
    from disquectl.fanout.ask import Refusals
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Kind, Layout
    from disquectl.worker.dead_letters import Letters

LIST, SHOW, RETRY, DROP, FAILING = "list", "show", "retry", "drop", "failing"
ACTIONS = (LIST, SHOW, RETRY, DROP, FAILING)
MEANINGS = {
    LIST: "list dead jobs",
    SHOW: "show a dead letter in full",
    RETRY: "put dead jobs back into their queues",
    DROP: "delete dead jobs",
    FAILING: "list jobs that came back and are not dead yet",
}
FILTERS = ("exit", "signal", "contains", "older", "newer")
KINDS: dict[str, Kind] = {
    "id": "id",
    "job": "id",
    "body": "body",
    "next_requeue_within": "ms",
    "ttl": "seconds",
}
PAGE = 1000
# The fields of a copy that are counted on.
COPY_FIELDS = ("queue", "state", "ttl", "nacks", "additional_deliveries", "next_requeue_within", "body")


def action_of(values: Values) -> tuple[str, tuple[bytes, ...]]:
    """The action, and the queues or IDs; a first word that is not an action is one of these."""
    first: str | None = values.get("action")
    names: tuple[bytes, ...] = values.get("name", ())
    if first is None or first in ACTIONS:
        return first or LIST, names
    return LIST, (first.encode("utf-8", "surrogateescape"), *names)


def check(values: Values) -> None:
    """Reject options that do not fit the action."""
    action, names = action_of(values)
    if action == SHOW and (not names or not all(map(is_valid, names))):
        raise UsageError("dead show needs job IDs")
    if action not in (RETRY, DROP) and "dry_run" in values:
        raise UsageError("--dry-run only applies to retry and drop")
    # An unset variable of a script must not become a filter that matches everything.
    empty = [name for name in ("contains", "dead") if values.get(name) == b""]
    if empty:
        raise UsageError(f"--{empty[0]} is empty", "leave it out to match all")


def shape(values: Values) -> Shape:
    """The columns, by action."""
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
    """Read the dead queues of all nodes and apply the action to the dead letters."""
    from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle

    action, names = action_of(values)
    session.check_output(shape(values))
    acts = action in (RETRY, DROP) and "dry_run" not in values
    if acts and session.settings.read_only:
        raise UsageError(f"dead {action} can change the cluster, and this is read-only")
    by_filter = acts and not (names and all(map(is_valid, names)))
    if by_filter and not session.answered:
        session.check_can_ask(f"dead {action} acts on all that it finds")
    with open_cluster(session.client, seeds_only="seeds_only" in values) as cluster:
        refusals = Refusals()
        letters = None
        if action == FAILING:
            found = _failing(cluster, refusals, names)
        else:
            letters = _letters(cluster, refusals, names, values)
            found = letters.wanted(values.get("limit"))
        require_an_answer(cluster, session, refusals)
        if letters is None or not acts:
            present(shape(values), found, session)
        elif found:
            if by_filter and not session.answered:
                jobs = "1 dead job" if len(found) == 1 else f"{len(found)} dead jobs"
                session.ask_of_node(f"dead {action} acts on {jobs} of the cluster")
            _act(found, Removal(cluster, letters.copies), action == RETRY, values, session)
        else:
            present(shape(values), [{"count": 0}], session)
        if letters is not None:
            _tell_what_is_not_known(letters, found, () if action == SHOW else names, session)
        settle(cluster, session, refusals=refusals)
    if action == SHOW and not found:
        raise NothingThere("no dead job has this ID")


def _tell_what_is_not_known(
    letters: Letters, found: list[Record], names: tuple[bytes, ...], session: Session
) -> None:
    ids = {name.decode("utf-8", "replace") for name in names if is_valid(name)}
    named = {letter[name] for letter in found for name in ("id", "job")}
    for missing in sorted(ids - named):
        session.warn(f"no dead job has the ID {missing}")
    if letters.unqueued and found:
        session.warn(
            f"{letters.unqueued} of these jobs are not queued on any node that answered: "
            "a consumer may have taken them, or the node that queued them has stopped"
        )
    if letters.strays:
        count = len(letters.strays)
        jobs = "1 job in a dead queue is" if count == 1 else f"{count} jobs in dead queues are"
        session.warn(f"{jobs} not from a worker and not listed (list them with `disquectl jobs DEAD_QUEUE`)")


def _copies(
    cluster: Cluster, refusals: Refusals, queue: bytes | None = None
) -> Iterator[tuple[NodeConnection, Record]]:
    """The jobs that are queued or active at all nodes, page by page."""
    options = [b"COUNT", b"%d" % PAGE, b"REPLY", b"all", b"STATE", b"queued", b"STATE", b"active"]
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
            yield link, complete(job, COPY_FIELDS, "JSCAN")


def _letters(cluster: Cluster, refusals: Refusals, names: tuple[bytes, ...], values: Values) -> Letters:
    """The letters at all nodes."""
    from disquectl.worker.dead_letters import Letters

    # A dead queue with a name of its own must be named: what stands in others is nobody's letter.
    own: bytes = values.get("dead", b"")
    filters = {name: values[name] for name in FILTERS if name in values}
    letters = Letters(own, names, filters, time.time())
    for link, job in _copies(cluster, refusals, own or None):
        letters.add(link, job)
    return letters


def _failing(cluster: Cluster, refusals: Refusals, names: tuple[bytes, ...]) -> list[Record]:
    """The jobs that are failing, by the counters of all copies."""
    from disquectl.worker.dead_letters import failing

    queue = names[0] if len(names) == 1 and not is_valid(names[0]) else None
    copies = [job for _, job in _copies(cluster, refusals, queue)]
    return failing([job for job in copies if not names or {job["queue"], job["id"].encode()} & {*names}])


class Removal:
    """Acknowledges letters at each node that has a replica of them."""

    def __init__(self, cluster: Cluster, copies: dict[str, list[tuple[NodeConnection, str]]]) -> None:
        self._cluster = cluster
        self._copies = copies

    def remove(self, letter: Record) -> None:
        """Remove one. Raises PartlyDone where a node did not confirm it."""
        copies = self._copies[letter["id"]]
        for link, job_id in copies:
            link.ask([[b"ACKJOB", job_id.encode()]])
        confirmed = [link for link, _, reply in self._cluster.ask() if not isinstance(reply, ReplyError)]
        lost = [str(link.node) for link, _ in copies if link not in confirmed]
        if lost:
            raise PartlyDone(f"its dead letter may come back at {', '.join(lost)}")


def _act(letters: list[Record], removal: Removal, revives: bool, values: Values, session: Session) -> None:
    """Do it with each; what is refused is told, and the rest goes on."""
    done, unknown = 0, None
    for letter in letters:
        try:
            if revives:
                revive(letter, session)
            # Only now, so that the job is in one of the two queues whatever happens.
            removal.remove(letter)
            done += 1
        except OutcomeUnknown as problem:
            unknown = problem
            session.problem(f"{letter['id']}: {problem.message}")
        except (PartlyDone, ReplyError, UsageError) as problem:
            session.problem(f"{letter['id']}: {problem.message}")
    present(shape(values), [{"count": done}], session)
    counts = f"{done} done, {len(letters) - done} failed"
    if unknown is not None:
        raise OutcomeUnknown(counts, "check with `disquectl dead list`, then repeat it")
    if done < len(letters):
        problem_now: DisquectlError = PartlyDone(counts) if done else ReplyError(f"ERR {counts}")
        raise problem_now


def revive(letter: Record, session: Session) -> None:
    """Add the job to its queue again, with as many replicas as it had and the cluster can hold now."""
    from disquectl.merge.capacity import possible_replicas
    from disquectl.protocol.server_replies import hello
    from disquectl.worker.dead_letters import revival

    *words, replicas = revival(letter)
    replicas = possible_replicas(hello(session.client.call("HELLO", repeatable=True)), int(replicas))
    while True:
        try:
            session.client.call(*words, replicas, wait_ms=int(words[3]))
            return
        except ReplyError as refusal:
            # A node that is not known to be down yet.
            if refusal.code != "NOREPL" or replicas == 1:
                raise
            replicas -= 1


COMMAND = Command(
    "dead",
    "List, retry or drop the jobs that a worker gave up.",
    group=TOOLS,
    example="disquectl dead retry mail --exit 75 --dry-run",
    details="Reads the dead queues of all nodes. retry and drop ask for confirmation, unless all jobs are "
    "named by their IDs. An ID is that of the dead letter or that of the job that died.",
    grammar=Grammar(
        arguments=(
            Argument(
                "action",
                ParamType("choice", TEXT.convert, "|".join(ACTIONS), ACTIONS, MEANINGS),
                "list (default): list dead jobs; show: show one dead letter in full; retry: put dead jobs "
                "back into their queues; drop: delete them; failing: list jobs that came back at least "
                "once and are not dead yet.",
                required=False,
            ),
            Argument("name", WORD, "Queues (mail or dead:mail) or job IDs.", many=True, required=False),
        ),
        options=(
            Option("--exit", number(0, 255), "Only jobs that ended with this exit code."),
            Option("--signal", number(1, 255), "Only jobs that ended by this signal."),
            Option("--contains", WORD, "Only jobs whose body contains this text."),
            Option("--older", DURATION, "Only jobs that died at least this long ago, such as 1d."),
            Option("--newer", DURATION, "Only jobs that died within this time, such as 1h."),
            Option("--limit", number(1), "Take at most N jobs, oldest first."),
            Option("--dead", WORD, "Name of the dead queue, if the worker used --dead."),
            Option("--dry-run", FLAG, "Only list the jobs that retry or drop would act on."),
            SEEDS_ONLY,
        ),
        check=check,
    ),
    risk=Risk(WRITE),
    does=Program(run, shape=shape),
)
