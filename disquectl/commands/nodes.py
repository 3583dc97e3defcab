"""nodes: the nodes of the cluster in a row each, and how the others see them."""

from __future__ import annotations

from disquectl.cluster.views import NODE_FIELDS
from disquectl.commands.row import SEEDS_ONLY, TOOLS, Row
from disquectl.errors import ReplyError
from disquectl.render.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.cluster import Cluster
    from disquectl.cluster.views import View
    from disquectl.commands.everywhere.gather import Refusals
    from disquectl.commands.row import Record, Values
    from disquectl.commands.session import Session
    from disquectl.protocol.resp import Reply

KINDS = {
    "id": "id",
    "uptime": "seconds",
    "used_memory": "bytes",
    "maxmemory": "bytes",
    "clock_skew": "ms",
}
SHAPE = Shape(NODE_FIELDS, RECORDS, many=True, value="address", kinds=KINDS)
NARROW = ("id", "address", "state", "uptime", "clients", "jobs", "queues")
WIDE_COLUMNS = 170
_LEAVING = [b"CLUSTER", b"LEAVING"]
_ASKED = ([b"INFO"], [b"CLUSTER", b"NODES"], _LEAVING, [b"CONFIG", b"GET", b"maxmemory"])


def run(row: Row, values: Values, session: Session) -> None:
    """Ask every node about itself and the others."""
    from disquectl.commands.everywhere.gather import Refusals, open_cluster, require_an_answer, settle
    from disquectl.commands.road import show

    session.check_output(SHAPE)
    with open_cluster(session, values) as cluster:
        refusals = Refusals()
        views = _views(cluster, refusals)
        require_an_answer(cluster, session)
        records = [view.record() for view in views]
        shown = SHAPE
        if session.format == "table" and session.settings.columns is None:
            records = [_for_people(record) for record in records]
            if session.streams.width < WIDE_COLUMNS:
                shown = Shape(NARROW, RECORDS, many=True, kinds=KINDS)
        show(shown, records, session)
        settle(cluster, session, refusals=refusals)


def _views(cluster: Cluster, refusals: Refusals) -> list[View]:
    """A view for each node that answers, and for each that is only spoken of."""
    from disquectl.cluster.clocks import skew_ms
    from disquectl.cluster.views import View, state_of_flags
    from disquectl.commands.everywhere.survey import now_ms
    from disquectl.protocol.server_replies import cluster_nodes, server_time

    asked = list(cluster.ask(*_ASKED))
    views = {link.node_id: View(link.node_id, link.name) for link in cluster.links()}
    for one in cluster.missing():
        views.setdefault(one.node_id or str(one.node), View(one.node_id, str(one.node)))
    for link in cluster.links():
        views[link.node_id].answers = link.has_answered
        for entry in (link.greeting or {"nodes": []})["nodes"]:
            if entry["id"] in views and entry["id"] != link.node_id:
                views[entry["id"]].priority[link.name] = entry["priority"]
    for link, request, reply in asked:
        if isinstance(reply, ReplyError):
            refusals.add(link, request, reply)
        elif request[1:] == [b"NODES"]:
            for entry in cluster_nodes(reply):
                if entry["id"] in views and entry["id"] != link.node_id:
                    views[entry["id"]].seen[link.name] = state_of_flags(entry)
        else:
            _fill(views[link.node_id], request[0], reply)
    before = now_ms()
    for link, _, reply in cluster.ask([b"TIME"]):
        if not isinstance(reply, ReplyError):
            views[link.node_id].skew_ms = skew_ms(server_time(reply), before, now_ms())
    return list(views.values())


def _fill(view: View, verb: object, reply: Reply) -> None:
    """What a node says of itself."""
    from disquectl.protocol.server_replies import config, info

    if verb == b"INFO":
        view.info = info(reply)
    elif verb == b"CLUSTER":
        view.leaving = reply == b"yes"
    else:
        settings = {setting["name"]: setting["value"] for setting in config(reply)}
        limit = settings.get("maxmemory", b"")
        view.maxmemory = int(limit) if limit.isdigit() else None


def _for_people(record: Record) -> Record:
    """Where nodes do not agree about one, that is marked."""
    marked = {
        name: "! " + ", ".join(f"{node}: {said}" for node, said in record[name].items())
        for name in ("priority", "state")
        if isinstance(record[name], dict)
    }
    if record["state"] is None:
        marked["state"] = "ok, alone" if record["answers"] else "no answer"
    return {**record, **marked}


ROW = Row(
    "nodes",
    "List the nodes of the cluster, and how they see each other.",
    group=TOOLS,
    options=(SEEDS_ONLY,),
    details="priority (HELLO: 1 good, 5 not linked, 10 possibly failing, 100 failing or leaving) and state "
    "(CLUSTER NODES) are what the other nodes say of it: one word where they agree, else each one's, marked "
    "with ! in a table. uptime is seconds, used_memory and maxmemory are bytes, clock_skew is how many "
    "milliseconds its clock is ahead of the one here. A node that does not answer is there with what the "
    "others say of it.",
    example="disquectl nodes -o json",
    shape=lambda _: SHAPE,
    run=run,
)
