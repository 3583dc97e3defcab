"""Samples all nodes at an interval, each as far as it answers: one that hangs does not delay the others.

What to ask is up to merge.sampling_plan, what the replies mean to merge.samples. Connections are kept, and
opened again where they failed.
"""

from __future__ import annotations

import time

from disquectl.client.cluster import Cluster
from disquectl.errors import NotDisque, ReplyError
from disquectl.fanout.ask import Refusals
from disquectl.merge.queues import stat_of
from disquectl.merge.samples import ClusterSamples, NodeSamples
from disquectl.merge.sampling_plan import NodePlan
from disquectl.protocol.replies import qscan_page
from disquectl.protocol.server_replies import config, info
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.client.transport import Transport
    from disquectl.protocol.resp import Reply

# The first sample waits this long for the names of all queues, and this long for nodes after the first one.
FIRST_SECONDS = 5.0
OTHERS_SECONDS = 1.0


class Sampler:
    """A context manager that closes the connections.

    samples   what the nodes said
    refusals  the nodes that refused something
    """

    def __init__(self, client: Transport, new_plan: Callable[[], NodePlan], *, discover: bool = True) -> None:
        """`client` names the seeds, and how to connect. `new_plan` makes the plan of a node."""
        self.cluster = Cluster(client.nodes, client.connection_factory, discover=discover)
        self.samples = ClusterSamples()
        self.refusals = Refusals()
        self._new_plan = new_plan
        self._plans: dict[str, NodePlan] = {}
        self._asked: dict[NodeConnection, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cluster.close()

    def first(self, until: float) -> None:
        """Find the nodes, and take a sample of all of their queues; end at `until` at the latest."""
        self._pump(min(until, time.monotonic() + OTHERS_SECONDS))
        if not self.cluster.answered():
            self._pump(until)
        self.tick(until)
        while time.monotonic() < until and not all(
            self._plans[node.node_id].is_known for node in self.samples.up()
        ):
            if not any(connection.is_waiting for connection in self.cluster.links()):
                break
            self._pump(until)

    def tick(self, until: float, first: Iterable[bytes] = ()) -> None:
        """Take a sample of each node that is not busy with the last one; end at `until` at the latest.

        `first`: queues that are asked for even if others have to wait for their turn.
        """
        self.refusals = Refusals()
        if self.cluster.missing():
            self.cluster.retry()
            self._pump(min(until, time.monotonic() + 0.2))
        now = time.monotonic()
        idle = [connection for connection in self.cluster.answered() if not connection.is_waiting]
        for connection in idle:
            connection.ask(self._plan(connection).tick(now, first))
        self._pump(until, idle)
        self._note_health()

    def _plan(self, connection: NodeConnection) -> NodePlan:
        plan = self._plans.get(connection.node_id)
        if plan is None:
            plan = self._plans[connection.node_id] = self._new_plan()
        if connection not in self._asked:
            self._asked[connection] = True
            plan.restart()
        return plan

    def _node(self, connection: NodeConnection) -> NodeSamples:
        node = self.samples.nodes.get(connection.node_id)
        if node is None:
            node = NodeSamples(connection.node_id, connection.name)
            self.samples.nodes[connection.node_id] = node
        return node

    def _pump(self, until: float, awaited: Sequence[NodeConnection] | None = None) -> None:
        """Take what comes until all (of these nodes) was answered, or until a time."""
        for connection, request, reply in self.cluster.ask(until=until, awaited=awaited):
            if isinstance(reply, ReplyError):
                self.refusals.add(connection, request, reply)
                continue
            try:
                self._take(connection, request, reply)
            except NotDisque as problem:
                connection.fail(problem)

    def _take(self, connection: NodeConnection, request: Request, reply: Reply) -> None:
        node, now = self._node(connection), time.monotonic()
        if request[0] == b"QSTAT":
            name = as_bytes(request[1])
            stat = stat_of(reply)
            node.add_stat(name, stat, now)
            if stat is None and self._plan(connection).is_gone(name):
                node.queues.pop(name, None)
        elif request[0] == b"INFO":
            node.add_info(info(reply), now)
        elif request[0] == b"QSCAN":
            connection.ask(self._plan(connection).names_page(*qscan_page(reply)))
        elif request[0] == b"CONFIG":
            limit = next((setting["value"] for setting in config(reply)), b"")
            node.maxmemory = int(limit) if limit.isdigit() else None

    def _note_health(self) -> None:
        """Note which nodes answer, and why the others do not."""
        for one in self.cluster.missing():
            node_id = one.node_id or str(one.node)
            node = self.samples.nodes.setdefault(node_id, NodeSamples(node_id, str(one.node)))
            node.is_up, node.problem = False, one.problem.message
        for connection in self.cluster.answered():
            node = self._node(connection)
            refusal = self.refusals.found.get(connection)
            node.is_up, node.problem = refusal is None, "" if refusal is None else refusal[1].message
        for connection in self.cluster.waiting():
            node_id = connection.node_id or connection.name
            node = self.samples.nodes.setdefault(node_id, NodeSamples(node_id, connection.name))
            node.is_up, node.problem = False, "no answer yet"
        known = {connection.name for connection in self.cluster.answered()}
        for node_id in [node_id for node_id in self.samples.nodes if node_id in known]:
            del self.samples.nodes[node_id]  # its ID was not known while it did not answer
