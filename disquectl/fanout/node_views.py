"""Asks every node about itself and about the others: a view of each node that answers or that others know."""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.fanout.scan_all import TIME, now_ms
from disquectl.merge.clocks import skew_ms
from disquectl.merge.nodes import NodeView, state_of_flags
from disquectl.protocol.server_replies import cluster_nodes, config, info, server_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from disquectl.client.cluster import Answer, Cluster
    from disquectl.client.node_connection import Request
    from disquectl.fanout.ask import Refusals
    from disquectl.protocol.resp import Reply

    View = TypeVar("View", bound=NodeView)

CLUSTER_NODES = [b"CLUSTER", b"NODES"]
_INFO = [b"INFO"]
_LEAVING = [b"CLUSTER", b"LEAVING"]
_LIMIT = [b"CONFIG", b"GET", b"maxmemory"]
_ASKED: tuple[Request, ...] = (_INFO, CLUSTER_NODES, _LEAVING, _LIMIT)


def node_views(
    cluster: Cluster, refusals: Refusals, make: Callable[[str, str], View], *more: Request
) -> tuple[dict[str, View], list[Answer]]:
    """A view of each node, by its ID or else its address; and the replies to `more` requests.

    `make`: ID and address -> the view to fill.
    """
    asked = list(cluster.ask(*_ASKED, *more))
    views = {connection.node_id: make(connection.node_id, connection.name) for connection in cluster.links()}
    for one in cluster.missing():
        views.setdefault(one.node_id or str(one.node), make(one.node_id, str(one.node)))
    for connection in cluster.links():
        views[connection.node_id].answers = connection.has_answered
        for entry in (connection.greeting or {"nodes": []})["nodes"]:
            if entry["id"] in views and entry["id"] != connection.node_id:
                views[entry["id"]].priority[connection.name] = entry["priority"]
    others: list[Answer] = []
    for connection, request, reply in asked:
        if isinstance(reply, ReplyError):
            refusals.add(connection, request, reply)
        elif request in more:
            others.append((connection, request, reply))
        elif request == CLUSTER_NODES:
            known = views[connection.node_id].known = cluster_nodes(reply)
            for entry in known:
                if entry["id"] in views and entry["id"] != connection.node_id:
                    views[entry["id"]].seen[connection.name] = state_of_flags(entry)
        else:
            _fill(views[connection.node_id], request, reply)
    _measure_clocks(cluster, views)
    return views, others


def _fill(view: NodeView, request: Request, reply: Reply) -> None:
    """Add what a node reports about itself."""
    if request == _INFO:
        view.info = info(reply)
    elif request == _LEAVING:
        view.leaving = reply == b"yes"
    else:
        settings = {setting["name"]: setting["value"] for setting in config(reply)}
        limit = settings.get("maxmemory", b"")
        view.maxmemory = int(limit) if limit.isdigit() else None


def _measure_clocks(cluster: Cluster, views: dict[str, View]) -> None:
    before = now_ms()
    for connection, _, reply in cluster.ask(TIME):
        if not isinstance(reply, ReplyError):
            views[connection.node_id].skew_ms = skew_ms(server_time(reply), before, now_ms())
