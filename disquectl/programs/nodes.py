"""Lists the nodes of the cluster: asks each about itself and the others, and writes a record for each.

Started by the command `nodes`, whose declaration has the columns.
"""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.scan_all import now_ms
from disquectl.merge.clocks import skew_ms
from disquectl.merge.nodes import NodeView, state_of_flags
from disquectl.protocol.server_replies import cluster_nodes, config, info, server_time
from disquectl.render.human import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.execution.session import Session
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape

_LEAVING = [b"CLUSTER", b"LEAVING"]
_ASKED = ([b"INFO"], [b"CLUSTER", b"NODES"], _LEAVING, [b"CONFIG", b"GET", b"maxmemory"])


def list_nodes(values: Values, shape: Shape, session: Session) -> None:
    """Ask every node about itself and the others, and write a row for each."""
    session.check_output(shape)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        views = _views(cluster, refusals)
        require_an_answer(cluster, session)
        records = [view.record() for view in views]
        if session.format == "table":
            records = [for_people(record) for record in records]
        present(shape, records, session)
        settle(cluster, session, refusals=refusals)


def _views(cluster: Cluster, refusals: Refusals) -> list[NodeView]:
    """A view of each node that answers, and of each that others report."""
    asked = list(cluster.ask(*_ASKED))
    views = {
        connection.node_id: NodeView(connection.node_id, connection.name) for connection in cluster.links()
    }
    for one in cluster.missing():
        views.setdefault(one.node_id or str(one.node), NodeView(one.node_id, str(one.node)))
    for connection in cluster.links():
        views[connection.node_id].answers = connection.has_answered
        for entry in (connection.greeting or {"nodes": []})["nodes"]:
            if entry["id"] in views and entry["id"] != connection.node_id:
                views[entry["id"]].priority[connection.name] = entry["priority"]
    for connection, request, reply in asked:
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
        elif request[1:] == [b"NODES"]:
            for entry in cluster_nodes(reply):
                if entry["id"] in views and entry["id"] != connection.node_id:
                    views[entry["id"]].seen[connection.name] = state_of_flags(entry)
        else:
            _fill(views[connection.node_id], request[0], reply)
    before = now_ms()
    for connection, _, reply in cluster.ask([b"TIME"]):
        if not isinstance(reply, ReplyError):
            views[connection.node_id].skew_ms = skew_ms(server_time(reply), before, now_ms())
    return list(views.values())


def _fill(view: NodeView, verb: object, reply: Reply) -> None:
    """Add what a node reports about itself."""
    if verb == b"INFO":
        view.info = info(reply)
    elif verb == b"CLUSTER":
        view.leaving = reply == b"yes"
    else:
        settings = {setting["name"]: setting["value"] for setting in config(reply)}
        limit = settings.get("maxmemory", b"")
        view.maxmemory = int(limit) if limit.isdigit() else None


def for_people(record: Record) -> Record:
    """The record for tables: values on which the other nodes disagree are marked, memory is in percent."""
    marked = {
        name: "! " + ", ".join(f"{node}: {said}" for node, said in record[name].items())
        for name in ("priority", "state")
        if isinstance(record[name], dict)
    }
    used, limit = record["used_memory"], record["maxmemory"]
    if used is not None and limit:
        marked["used_memory"] = f"{used * 100 // limit}% of {size(limit)}"
    return {**record, **marked}
