"""Lists dead letters and failing jobs of all nodes, and retries or drops the letters.

Started by the command `dead`, whose declaration has the actions, the options and the columns.
"""

from __future__ import annotations

import time

from disquectl.bulk.rate_limit import RateLimit
from disquectl.errors import DisquectlError, NothingThere, OutcomeUnknown, PartlyDone, ReplyError, UsageError
from disquectl.execution.present import present
from disquectl.execution.selecting import say_nothing_matches, selection_of
from disquectl.execution.signals import Stop
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.existing_queues import existing_queues, settle_queues
from disquectl.fanout.scan import scan_pages
from disquectl.merge.nodes import possible_replicas
from disquectl.merge.replicas import STATE, shown
from disquectl.protocol.jobid import is_valid
from disquectl.protocol.replies import complete
from disquectl.protocol.server_replies import client_list, hello
from disquectl.protocol.worker_names import read_failed_name
from disquectl.spec.parameters import as_bytes
from disquectl.worker.dead_groups import grouped
from disquectl.worker.dead_letters import DeadLetters, failing, revival
from disquectl.worker.dead_selection import DeadSelection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

PAGE = 1000
# The fields of a replica that are required.
REPLICA_FIELDS = (
    "queue",
    "state",
    "ttl",
    "ctime",
    "nacks",
    "additional_deliveries",
    "next_requeue_within",
    "body",
)


def dead_letters(
    action: str, names: tuple[bytes, ...], values: Values, shape: Shape, session: Session
) -> None:
    """Read the dead queues of all nodes and apply the action to the dead letters.

    Raises PartlyDone if some nodes or letters failed, NothingThere for unknown IDs to show."""
    session.check_output(shape)
    chosen = DeadSelection(names, values, selection_of(values, session), time.time())
    acts = action in ("retry", "drop") and "dry_run" not in values
    if acts and session.settings.read_only:
        raise UsageError(f"dead {action} can change the cluster, and this is read-only")
    by_filter = acts and not (names and all(map(is_valid, names)))
    if by_filter and not session.answered:
        session.check_can_ask(f"dead {action}", "acts on all dead jobs that it finds")
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        letters = None
        if action == "failing":
            found = _failing(cluster, refusals, chosen)
        else:
            prefix: bytes = values.get("prefix", b"")
            own = prefix + values["dead"] if "dead" in values else b""
            letters = find_letters(cluster, refusals, chosen, own, prefix)
            found = letters.wanted(chosen)
        require_an_answer(cluster, session, refusals)
        if "by" in values:
            present(shape, grouped(found[::-1] if chosen.jobs.newest else found, values["by"]), session)
        elif letters is None or not acts:
            present(shape, found, session)
        elif found:
            if by_filter and not session.answered:
                jobs = "1 dead job" if len(found) == 1 else f"{len(found)} dead jobs"
                session.ask_of_cluster(f"dead {action} acts on {jobs} of the cluster")
            removal = Removal(cluster, letters.replicas)
            _act(found, removal, values if action == "retry" else None, shape, session)
        else:
            present(shape, [{"count": 0}], session)
        if letters is not None:
            _warn_of_gaps(letters, found, () if action == "show" else names, chosen, session)
        if not found and action != "show":
            say_nothing_matches(shape, chosen.selects, session)
        settle(cluster, session, refusals=refusals)
    if action == "show" and not found:
        raise NothingThere("no dead job has this ID")


def _warn_of_gaps(
    letters: DeadLetters,
    found: list[Record],
    names: tuple[bytes, ...],
    chosen: DeadSelection,
    session: Session,
) -> None:
    ids = {name.decode("utf-8", "replace") for name in names if is_valid(name)}
    named = {letter[name] for letter in found for name in ("id", "job")}
    for missing in sorted(ids - named):
        session.warn(f"no dead job has the ID {missing}")
    if unqueued := letters.unqueued(found):
        session.warn(
            f"{unqueued:,} of these jobs {'is' if unqueued == 1 else 'are'} not queued on any node that "
            "answered: taken by a consumer, or queued on a node that has stopped"
        )
    if count := letters.wanted_strays(chosen):
        jobs = "1 job in a dead queue is" if count == 1 else f"{count} jobs in dead queues are"
        session.warn(f"{jobs} not from a worker and not listed (list them with `disquectl jobs DEAD_QUEUE`)")


def _replicas(
    cluster: Cluster, refusals: Refusals, queue: bytes | None = None
) -> Iterator[tuple[NodeConnection, Record]]:
    """The replicas that are queued or active on all nodes, page by page."""
    options = [b"COUNT", b"%d" % PAGE, b"REPLY", b"all", b"STATE", b"queued", b"STATE", b"active"]
    if queue is not None:
        options += [b"QUEUE", queue]
    for connection, jobs in scan_pages(cluster, (b"JSCAN",), options, refusals):
        for job in jobs:
            yield connection, complete(job, REPLICA_FIELDS, "JSCAN")


def find_letters(
    cluster: Cluster, refusals: Refusals, chosen: DeadSelection, own: bytes, prefix: bytes = b""
) -> DeadLetters:
    """The dead letters on all nodes.

    `own`: the only dead queue; one without `dead:` in its name has to be named, since jobs in other queues
    are not dead letters. `prefix`: that of a worker's queues; empty for all.
    """
    letters = DeadLetters(own, prefix)
    for connection, job in _replicas(cluster, refusals, own or None):
        letters.add(connection, job)
    if words := chosen.queues.open:
        # A queue whose jobs have all died may be forgotten by all nodes.
        chosen.queues.settle(existing_queues(cluster, words, refusals) | letters.queues)
    return letters


def _failing(cluster: Cluster, refusals: Refusals, chosen: DeadSelection) -> list[Record]:
    """The jobs that are failing, by the counters of all replicas."""
    settle_queues(cluster, chosen.queues, refusals)
    names = chosen.queues.names or frozenset()
    queue = next(iter(names)) if len(names) == 1 and not any(map(is_valid, names)) else None
    # First: a worker names a job before it counts, and no longer than it holds it.
    failed_once = _failed_once(cluster, refusals)
    replicas = (job for _, job in _replicas(cluster, refusals, queue))
    return failing(replicas, chosen.wants_failing, failed_once)[: chosen.jobs.limit]


def _failed_once(cluster: Cluster, refusals: Refusals) -> set[str]:
    """The jobs that workers name as failed once, and waiting for their second attempt."""
    found: set[str] = set()
    for connection, request, reply in cluster.ask([b"CLIENT", b"LIST"]):
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
            continue
        for client in client_list(reply):
            found.update(read_failed_name(client.get("name", "")))
    return found


class Removal:
    """Acknowledges dead letters on each node that has a replica of them."""

    def __init__(self, cluster: Cluster, replicas: dict[str, list[tuple[NodeConnection, str]]]) -> None:
        self._cluster = cluster
        self._replicas = replicas

    def is_due(self, letter: Record) -> bool:
        """Look again, long after the search; return whether some node still has the letter, not acknowledged.

        Nodes that no longer have it are forgotten: ACKJOB there could crash them later.
        """
        replicas = self._replicas[letter["id"]]
        for connection, job_id in replicas:
            connection.ask([[b"SHOW", job_id.encode()]])
        left: list[tuple[NodeConnection, str]] = []
        for connection, request, reply in self._cluster.ask():
            replica = None if isinstance(reply, ReplyError) else shown(reply)
            if replica is not None and replica[STATE] not in (b"acked", b"wait-repl"):
                left.append((connection, as_bytes(request[1]).decode()))
        self._replicas[letter["id"]] = left
        return bool(left)

    def remove(self, letter: Record) -> None:
        """Remove one. Raises PartlyDone if a node did not confirm it."""
        replicas = self._replicas[letter["id"]]
        for connection, job_id in replicas:
            connection.ask([[b"ACKJOB", job_id.encode()]])
        confirmed = [
            connection for connection, _, reply in self._cluster.ask() if not isinstance(reply, ReplyError)
        ]
        lost = [str(connection.node) for connection, _ in replicas if connection not in confirmed]
        if lost:
            raise PartlyDone(f"its dead letter may come back at {', '.join(lost)}")


def _act(
    letters: list[Record], removal: Removal, retrying: Values | None, shape: Shape, session: Session
) -> None:
    """Retry or drop each; report what is refused, and go on with the rest.

    `retrying`: the values of --replicate, --delay and --rate; None to drop.
    """
    done, failed, unknown = 0, 0, None
    rate: int | None = None if retrying is None else retrying.get("rate")
    rate_limit = RateLimit(rate)
    with Stop() as stop:
        for letter in letters:
            if stop.asked:
                break
            try:
                if rate is not None and not removal.is_due(letter):
                    raise ReplyError("ERR its dead letter is gone: it was retried or dropped meanwhile")
                if retrying is not None:
                    revive(letter, session, retrying)
                # Only now, so that the job is always in at least one of the two queues.
                removal.remove(letter)
                done += 1
            except OutcomeUnknown as problem:
                unknown = problem
                failed += 1
                session.problem(f"{letter['id']}: {problem.message}")
            except (PartlyDone, ReplyError, UsageError) as problem:
                failed += 1
                session.problem(f"{letter['id']}: {problem.message}")
            rate_limit.wait(1, stop.fd)
    present(shape, [{"count": done}], session)
    counts = f"{done} done, {failed} failed"
    if stop.asked:
        session.problem(f"{counts}, {len(letters) - done - failed} left")
        raise KeyboardInterrupt
    if unknown is not None:
        raise OutcomeUnknown(counts, "check with `disquectl dead list`, then repeat it")
    if failed:
        problem_now: DisquectlError = PartlyDone(counts) if done else ReplyError(f"ERR {counts}")
        raise problem_now


def revive(letter: Record, session: Session, values: Values) -> None:
    """Add the job to its queue again, with as many of its replicas as the cluster can hold now.

    `values`: those of --delay and --replicate; the number of replicas is exact then.
    """
    *words, replicas = revival(letter, values.get("delay"))
    if "replicate" in values:
        session.client.call(*words, values["replicate"], wait_ms=int(words[3]))
        return
    replicas = possible_replicas(hello(session.client.call("HELLO", repeatable=True)), int(replicas))
    while True:
        try:
            session.client.call(*words, replicas, wait_ms=int(words[3]))
            return
        except ReplyError as refusal:
            # The cluster does not know yet that a node is down.
            if refusal.code != "NOREPL" or replicas == 1:
                raise
            replicas -= 1
