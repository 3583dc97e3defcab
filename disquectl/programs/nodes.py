"""Lists the nodes of the cluster: asks each about itself and the others, and writes a record for each.

Started by the command `nodes`, whose declaration has the columns.
"""

from __future__ import annotations

from disquectl.execution.present import present
from disquectl.fanout.ask import Refusals, open_cluster, require_an_answer, settle
from disquectl.fanout.node_views import node_views
from disquectl.merge.nodes import NodeView
from disquectl.render.human import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Record, Values
    from disquectl.spec.shape import Shape


def list_nodes(values: Values, shape: Shape, session: Session) -> None:
    """Ask every node about itself and the others, and write a row for each."""
    session.check_output(shape)
    with open_cluster(session.client, values) as cluster:
        refusals = Refusals()
        views, _ = node_views(cluster, refusals, NodeView)
        require_an_answer(cluster, session)
        records = [view.record() for view in views.values()]
        if session.format == "table":
            records = [for_people(record) for record in records]
        present(shape, records, session)
        settle(cluster, session, refusals=refusals)


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
