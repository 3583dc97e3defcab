"""Lists the consumers of the cluster: asks each node for its connections, and writes those that consume.

Started by the command `consumers`, whose declaration has the columns.
"""

from __future__ import annotations

from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.combine import ask_all
from disquectl.merge.consumers import OfQueue, consumers_of, ordered, totals
from disquectl.merge.queues import BLOCKED, stat_of
from disquectl.protocol.server_replies import client_list
from disquectl.protocol.shapes import integer
from disquectl.protocol.worker_names import read_worker_name
from disquectl.render.human import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.fanout.combine import Replies
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values, Words
    from disquectl.spec.shape import Shape

_CONNECTIONS = [b"CLIENT", b"LIST"]


def list_consumers(values: Values, shape: Shape, session: Session) -> None:
    """Ask every node for its connections, and write a record for each consumer, or for those of one queue."""
    session.check_output(shape)
    queue: bytes | None = values.get("queue")
    # In this order and at once, so that both speak of the same moment.
    asked = [_CONNECTIONS] if queue is None else [_CONNECTIONS, [b"QSTAT", queue]]
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        replies = ask_all(cluster, asked, _records, refusals)
        require_an_answer(cluster, session, refusals)
        found, notes = _consumers(replies, queue)
        is_table = session.format == "table"
        present(shape, [for_people(record) for record in found] if is_table else found, session)
        if is_table and found:
            session.note(totals(found))
        for note in notes:
            session.note(note)
        settle(cluster, session, refusals=refusals)


def _records(words: Words, reply: Reply) -> list[Record]:
    if words == _CONNECTIONS:
        return client_list(reply)
    stat = stat_of(reply)
    return [{"blocked": 0 if stat is None else integer("QSTAT", stat[BLOCKED])}]


def _consumers(replies: Replies, queue: bytes | None) -> tuple[list[Record], list[str]]:
    """The consumers of all nodes, and what to say about those whose queues are not known."""
    found: list[Record] = []
    notes: list[str] = []
    for connection, answers in replies:
        records = consumers_of(answers[0], connection.name)
        if queue is not None:
            of_queue = OfQueue(records, queue, answers[1][0]["blocked"])
            records = of_queue.records
            if of_queue.waiting < of_queue.unnamed:
                notes.append(
                    f"{connection.name}: {of_queue.waiting} of {of_queue.unnamed} unknown consumers wait for "
                    "this queue"
                )
        found += records
    return ordered(found), notes


def for_people(record: Record) -> Record:
    """The record for tables: how long it waits; a worker's name without its queues, which have a column."""
    worker = read_worker_name(record["name"])
    if worker is None:
        queues: list[bytes | str] = ["(unknown)"]
    else:
        queues = [*worker.queues, *([f"+{worker.left_out}"] if worker.left_out else [])]
    waiting = "no"
    if record["waiting"]:
        waiting = "yes" if record["idle"] is None else duration(record["idle"])
    return {
        **record,
        "name": record["name"] if worker is None else worker.worker.removeprefix("disquectl:"),
        "waiting": waiting,
        "queues": queues,
    }
