"""Shows a job as every node sees it, once or again after each change.

Started by the command `trace`, whose declaration has the options and the columns.
"""

from __future__ import annotations

import time

from disquectl.errors import NothingThere, ReplyError
from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.clocks import Clocks, skew_ms
from disquectl.merge.trace import TRACE_FIELDS, JobTrace, side_by_side
from disquectl.protocol.server_replies import server_time
from disquectl.render.human import show as human
from disquectl.spec.shape import PAIRS, TREE, Shape
from disquectl.spec.show_fields import SHOW_KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values

FOLLOW_SECONDS = 0.5
# Fields that count down; they are not changes.
_RUNNING = ("ttl", "next_requeue_within", "next_awake_within")


def trace_job(values: Values, document: Shape, session: Session) -> None:
    """Ask all nodes for the job; with --follow, until none has it."""
    session.check_output(document)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        clocks = Clocks()
        found = _look(cluster, values["id"], clocks, refusals)
        require_an_answer(cluster, session, refusals)
        if values.get("follow") and found["copies"]:
            _follow(found, lambda: _look(cluster, values["id"], clocks, refusals), document, session)
        else:
            _show(found, document, session)
        settle(cluster, session, refusals=refusals)
        if not found["copies"]:
            raise NothingThere("unknown job: no node has a replica of it")


def _look(cluster: Cluster, job_id: bytes, clocks: Clocks, refusals: Refusals) -> Record:
    """The job as all nodes have it now."""
    shown = []
    for connection, request, reply in cluster.ask([b"TIME"], [b"SHOW", job_id]):
        now = now_ms()
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
        elif request[0] == b"TIME":
            clocks.add(connection.node_id, skew_ms(server_time(reply), now, now))
        else:
            shown.append((connection, reply, now))
    tracing = JobTrace(
        job_id, {connection.node_id: connection.name for connection in cluster.links()}, clocks
    )
    for connection, reply, now in shown:
        tracing.add(connection.node_id, reply, now)
    missing = [one.node_id for one in cluster.missing()]
    return tracing.record(missing if all(missing) else None, now_ms())


def _follow(found: Record, look: Callable[[], Record], document: Shape, session: Session) -> None:
    """Write the job after each change, until no node has it."""
    before = None
    while found["copies"]:
        if (now := _without_countdowns(found)) != before:
            if before is not None and session.format == "table":
                session.streams.put(b"\n")
            _show(found, document, session)
            before = now
        time.sleep(FOLLOW_SECONDS)
        found = look()
    session.note(f"{found['id']} is gone")


def _without_countdowns(found: Record) -> list[object]:
    """The state and the fields, without those that count down."""
    replicas = [
        {field: replica[field] for field in replica if field not in _RUNNING} for replica in found["copies"]
    ]
    return [found["state"], replicas]


def _show(found: Record, document: Shape, session: Session) -> None:
    """JSON has a replica a node; a table a row a field and a column a node; plain a line a field and node."""
    fmt = session.format
    if fmt in ("json", "jsonl") or session.settings.columns is not None or not found["copies"]:
        present(document, [found] if found["copies"] else [], session)
    elif fmt in ("plain", "raw"):
        lines = {
            f"{replica['node']} {name}": replica[name] for replica in found["copies"] for name in replica
        }
        present(Shape((), PAIRS), [{**_summary(found), **lines}], session)
    else:
        fields = side_by_side(found)
        summary = _summary(found)
        bodies = {replica["body"] for replica in found["copies"] if replica.get("body") is not None}
        if session.body_view is not None and len(bodies) == 1:
            # All nodes have the same: once in full is more readable than in a column for each node.
            fields = [field for field in fields if field["field"] != "body"]
            summary["body"] = session.body_view(bodies.pop())
        if fmt == "table":
            fields = [_for_people(field) for field in fields]
        present(
            Shape((*TRACE_FIELDS, *fields[0]), TREE, kinds={**document.kinds, "field": "id", "body": "body"}),
            [{**summary, "fields": fields}],
            session,
        )


def _summary(found: Record) -> Record:
    return {name: found[name] for name in TRACE_FIELDS}


def _for_people(field: Record) -> Record:
    """A row for tables: * before a field that differs, and readable times."""
    kind = SHOW_KINDS.get(field["field"], "")
    now = int(now_ms())
    shown: Record = {"field": f"* {field['field']}" if field["differs"] else f"  {field['field']}"}
    for node, value in field.items():
        if node not in ("field", "differs"):
            shown[node] = human(value, kind, now) if isinstance(value, int) else value
    return shown
