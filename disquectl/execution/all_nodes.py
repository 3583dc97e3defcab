"""`--cluster`: one command for every node, and the combined answer. Loaded only with that option.

It connects the requests to all nodes (fanout) with the writing of records.
"""

from __future__ import annotations

from disquectl.errors import NothingThere, PartlyDone, UsageError
from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.spec.command import Request
from disquectl.spec.shape import Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.fanout.combine import ToRecords
    from disquectl.spec.command import Command
    from disquectl.spec.parameters import Values, Words


def run_on_all_nodes(command: Command, values: Values, session: Session) -> None:
    """Ask every node and write the combined answer. Raises UsageError for --seeds-only without --cluster."""
    if not values.get("cluster"):
        raise UsageError("--seeds-only needs --cluster")
    if command.merge == "scan":
        _scan(command, values, session)
    elif command.merge == "peek":
        _peek(command, values, session)
    elif command.merge == "by_id":
        from disquectl.execution.by_id import change_jobs_by_id

        change_jobs_by_id(command, values, session)
    elif isinstance(command.does, Request):
        combine = _add_up if command.merge == "add" else list_all
        combine(command, command.does, values, session)


def _add_up(command: Command, does: Request, values: Values, session: Session) -> None:
    """Write the sum over all nodes for each request."""
    from disquectl.fanout.combine import ask_all, sums

    shape = does.shape(values).with_nodes()
    requests = _checked(command, does, values, shape, session)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        replies = ask_all(cluster, requests, does.records, refusals)
        require_an_answer(cluster, session, refusals, may_repeat=command.risk.may_repeat)
        present(shape, sums(shape.value or "", replies), session)
        settle(cluster, session, refusals=refusals, may_repeat=command.risk.may_repeat)


def list_all(command: Command, does: Request, values: Values, session: Session) -> None:
    """Write the records of each node, node by node. Raises NothingThere for a name that no node knows."""
    from disquectl.fanout.combine import ask_all, side_by_side, unknown_to_all

    shape = does.shape(values).with_node()
    requests = _checked(command, does, values, shape, session)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        replies = ask_all(cluster, requests, _records(command, does, session), refusals)
        require_an_answer(cluster, session, refusals, may_repeat=command.risk.may_repeat)
        present(shape, side_by_side(replies), session)
        unknown = unknown_to_all(requests, replies) if does.not_found_message else []
        if unknown and len(requests) > 1:
            for words in unknown:
                name = command.grammar.name_in(words).decode("utf-8", "backslashreplace")
                session.problem(f"{name}: no node has it")
        settle(cluster, session, refusals=refusals, may_repeat=command.risk.may_repeat)
        if len(unknown) == len(requests):
            raise NothingThere(does.not_found_message.partition(":")[0] + ": no node has it")
        if unknown:
            raise PartlyDone(f"{len(requests) - len(unknown)} found, {len(unknown)} unknown")


def _records(command: Command, does: Request, session: Session) -> ToRecords:
    """The function from a reply to records; passwords in a reply are shown as ***, unless asked for."""
    if session.settings.show_secrets or not command.risk.ambiguous_with_redis:
        return does.records
    from disquectl.protocol.secrets import masked_reply

    return lambda words, reply: does.records(words, masked_reply(words, reply))


def _scan(command: Command, values: Values, session: Session) -> None:
    """Write what the scans of all nodes found. Raises UsageError for a cursor."""
    if "cursor" in values:
        raise UsageError("a cursor is valid on one node only: leave out --cursor or --cluster")
    shape = _shape_of(command, values).with_node()
    session.check_output(shape)
    options = command.grammar.option_words(values)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        scan = _scan_queues if command.grammar.verb == (b"QSCAN",) else _scan_jobs
        scan(options, shape, session, cluster, refusals)
        settle(cluster, session, refusals=refusals)


def _scan_queues(
    options: Words, shape: Shape, session: Session, cluster: Cluster, refusals: Refusals
) -> None:
    """Write each queue with the node that named it first, and all that have it, at the end of all scans."""
    from disquectl.fanout.scan import holders_of_queues

    found = holders_of_queues(cluster, options, refusals)
    require_an_answer(cluster, session, refusals)
    present(
        shape,
        (
            {"node": holders[0], "queue": queue, "holders": sorted(holders)}
            for queue, holders in found.items()
        ),
        session,
    )


def _scan_jobs(options: Words, shape: Shape, session: Session, cluster: Cluster, refusals: Refusals) -> None:
    """Write the pages of all nodes as they arrive, each job once, with the first node that returned it.

    Memory is about 20 bytes for each. With --reply all a job is as that node has it: its replicas may be in
    other states (see `jobs`).
    """
    from disquectl.fanout.scan import scan_pages
    from disquectl.protocol.columns import chosen, values_of
    from disquectl.protocol.dedup import Deduplicator

    out = session.writer(shape)
    seen = Deduplicator()
    count = 0
    try:
        for connection, records in scan_pages(cluster, (b"JSCAN",), options, refusals):
            for record in chosen(records, seen.new(values_of(records, "id"))):
                out.write({"node": connection.name, **record})
                count += 1
            out.flush()
        require_an_answer(cluster, session, refusals)
    finally:
        out.finish()
    if not count:
        session.say_empty(shape)


def _peek(command: Command, values: Values, session: Session) -> None:
    from disquectl.fanout.peek import peek

    shape = _shape_of(command, values).with_node()
    session.check_output(shape)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        found = peek(cluster, values["queue"], values["count"], refusals)
        require_an_answer(cluster, session, refusals)
        present(shape, found, session)
        settle(cluster, session, refusals=refusals)


def _checked(command: Command, does: Request, values: Values, shape: Shape, session: Session) -> list[Words]:
    """The requests, after all guards. Raises UsageError and Declined."""
    session.check_output(shape)
    requests = does.build(command, values)
    if command.risk.informs_others(values):
        raise UsageError("with --bcast one node informs all others: leave out --bcast or --cluster")
    for words in requests:
        if not command.risk.only_reads(words):
            session.guard(command, words)
    return requests


def _shape_of(command: Command, values: Values) -> Shape:
    return command.shape(values) if command.shape else Shape(())
