"""Samples all nodes at an interval, each as far as it answers: one that hangs does not delay the others.

What to ask is up to merge.sampling_plan, what the replies mean to merge.samples. Connections are kept, and
opened again where they failed.
"""

from __future__ import annotations

import time

from disquectl.client.cluster import Cluster
from disquectl.errors import NotDisque, ReplyError
from disquectl.fanout.ask import Refusals
from disquectl.fanout.job_slices import JobSlices
from disquectl.merge.clocks import Clocks, skew_ms
from disquectl.merge.consumers import blocked_in, consumers_of
from disquectl.merge.queues import stat_of
from disquectl.merge.samples import ClusterSamples, NodeSamples
from disquectl.merge.sampling_plan import SELDOM_EVERY, NodePlan
from disquectl.merge.scan_pace import ScanPace
from disquectl.protocol.replies import qscan_page
from disquectl.protocol.server_replies import client_list, config, info, server_time
from disquectl.spec.parameters import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Self

    from disquectl.client.node_connection import NodeConnection, Request
    from disquectl.client.transport import Transport
    from disquectl.fanout.close_look import Look
    from disquectl.protocol.resp import Reply
    from disquectl.spec.parameters import Record

# The first sample waits this long for the names of all queues, and this long for nodes after the first one.
FIRST_SECONDS = 5.0
OTHERS_SECONDS = 1.0
# While replies are awaited, keys are looked at this often.
SLICE_SECONDS = 0.02


class Sampler:
    """A context manager that closes the connections.

    samples   what the nodes said
    clocks    how far their clocks are ahead of ours
    jobs      passes over their jobs, if they are asked for
    look      what is asked for at each sample in addition; another thread may set it
    refusals  the nodes that refused something
    """

    def __init__(self, client: Transport, new_plan: Callable[[], NodePlan], *, discover: bool = True) -> None:
        """`client` names the seeds, and how to connect. `new_plan` makes the plan of a node."""
        self.cluster = Cluster(client.nodes, client.connection_factory, discover=discover)
        self.samples = ClusterSamples()
        self.clocks = Clocks()
        self.jobs: JobSlices | None = None
        self.look: Look | None = None
        self.refusals = Refusals()
        self._new_plan = new_plan
        self._plans: dict[str, NodePlan] = {}
        self._connected: dict[str, NodeConnection] = {}
        self._paces: dict[str, ScanPace] = {}
        self._consumed_due: dict[str, float] = {}
        self._begun = 0.0  # of the last sample
        self._heard: dict[NodeConnection, float] = {}  # when the last reply came

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
        while time.monotonic() < until and not all(map(self._knows_queues_of, self.samples.up())):
            if not any(connection.is_waiting for connection in self.cluster.links()):
                break
            self._pump(until)

    def tick(self, until: float, first: Iterable[bytes] = ()) -> None:
        """Take a sample of each node that is not busy with the last one; end at `until` at the latest.

        `first`: queues that are asked for even if others have to wait for their turn.
        """
        self.refusals = Refusals()
        if self.cluster.missing():
            self._note_health()
            self.cluster.retry()
            self._pump(min(until, time.monotonic() + 0.2))
        if self.cluster.waiting():
            # A page of jobs may be on its way.
            self._pump(min(until, time.monotonic() + SLICE_SECONDS))
        before, self._begun = self._begun, time.monotonic()
        now = self._begun
        # One that has a page of jobs to send is asked, too, unless it has sent nothing since the last sample.
        idle = [
            connection
            for connection in self.cluster.answered()
            if not connection.is_waiting or self._heard.get(connection, -1.0) >= before
        ]
        look = self.look
        for connection in idle:
            clients = self._node(connection).number("clients", "connected_clients")
            plan = self._plan(connection)
            connection.ask(plan.tick(now, first, clients if isinstance(clients, int) else None))
        if look is not None:
            self._ask_to_look(look, idle)
        self._pump(until, idle)
        self._note_health()

    def _knows_queues_of(self, node: NodeSamples) -> bool:
        """Whether all names of its queues have come; one that answered late was not asked yet."""
        plan = self._plans.get(node.node_id)
        return plan is not None and plan.is_known

    def look_now(self, until: float) -> None:
        """Ask only for what `look` wants."""
        look = self.look
        idle = [connection for connection in self.cluster.answered() if not connection.is_waiting]
        if look is not None:
            self._ask_to_look(look, idle)
            self._pump(until, idle)

    def found(self, look: Look) -> list[Record]:
        """What this look has found; `look` itself may be another one by now."""
        nodes = self.samples.nodes.values()
        names = {node.node_id: node.name for node in nodes}
        return look.records(names, [node.node_id for node in nodes if not node.is_up])

    def _ask_to_look(self, look: Look, connections: list[NodeConnection]) -> None:
        requests = look.requests()
        for connection in connections:
            connection.ask(requests)

    def scan_jobs(self, until: float, wake: Callable[[float], bool]) -> None:
        """Go on with passes over the jobs until a time, or until `wake`.

        `wake` waits that many seconds, and returns whether to end at once.
        """
        if self.jobs is None:
            self.jobs = JobSlices(self.clocks, self._pace, lambda: self.look)
        self._begin_pass(self.jobs)
        while (now := time.monotonic()) < until:
            dues = []
            for connection in self.cluster.answered():
                due = self.jobs.due(connection)
                if due is None or connection.is_waiting:
                    continue
                if due <= now:
                    connection.ask([self.jobs.next_page(connection)])
                else:
                    dues.append(due)
            if self.cluster.waiting():
                # Not longer than a key may wait.
                self._pump(min([until, now + SLICE_SECONDS, *dues]))
                if wake(0.0):
                    return
            elif wake(min([until, *dues]) - now):
                return

    def _begin_pass(self, jobs: JobSlices) -> None:
        up = self.samples.up()
        replicas = sum(
            count for node in up if isinstance(count := node.number("jobs", "registered_jobs"), int)
        )
        answered = [one for one in self.cluster.answered() if not one.is_waiting]
        jobs.begin(
            answered, replicas, (node.node_id for node in self.samples.nodes.values() if not node.is_up)
        )

    def _plan(self, connection: NodeConnection) -> NodePlan:
        plan = self._plans.get(connection.node_id)
        if plan is None:
            plan = self._plans[connection.node_id] = self._new_plan()
        if self._connected.get(connection.node_id) is not connection:
            self._connected[connection.node_id] = connection
            plan.restart()
        return plan

    def _pace(self, connection: NodeConnection) -> ScanPace:
        return self._paces.setdefault(connection.node_id, ScanPace())

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
                if self.jobs is not None and request[0] == b"JSCAN":
                    self.jobs.drop(connection)
                continue
            try:
                self._take(connection, request, reply)
            except NotDisque as problem:
                connection.fail(problem)

    def _take(self, connection: NodeConnection, request: Request, reply: Reply) -> None:
        node, now = self._node(connection), time.monotonic()
        self._heard[connection] = now
        if request[0] == b"QSTAT":
            name = as_bytes(request[1])
            stat = stat_of(reply)
            node.add_stat(name, stat, now)
            if stat is None and self._plan(connection).is_gone(name):
                node.queues.pop(name, None)
        elif request[0] == b"INFO":
            found = info(reply)
            if len(request) == 1:
                node.add_info(found)
            else:
                of_scans = found.get("commandstats", {}).get("cmdstat_jscan", {})
                if isinstance(calls := of_scans.get("calls"), int):
                    self._pace(connection).add_calls(calls, of_scans["usec"])
        elif request[0] == b"QSCAN":
            connection.ask(self._plan(connection).names_page(*qscan_page(reply)))
        elif request[0] == b"HELLO":
            self.cluster.learn(connection, reply)
        elif request[0] in (b"QPEEK", b"SHOW"):
            look = self.look
            if look is not None:
                connection.ask(look.take(connection, request, reply))
        elif request[0] == b"JSCAN":
            if self.jobs is not None:
                self.jobs.take(connection, reply)
        elif request[0] == b"CLIENT":
            self._take_clients(node, reply, now)
        elif request[0] == b"TIME":
            now_ms = time.time() * 1000
            self.clocks.add(connection.node_id, skew_ms(server_time(reply), now_ms, now_ms))
        elif request[0] == b"CONFIG":
            limit = next((setting["value"] for setting in config(reply)), b"")
            node.maxmemory = int(limit) if limit.isdigit() else None

    def _take_clients(self, node: NodeSamples, reply: Reply, now: float) -> None:
        """Note how many clients wait; and, less often, which queues the consumers name."""
        if isinstance(reply, bytes):
            node.add_clients(*blocked_in(reply))
        if now >= self._consumed_due.get(node.node_id, 0.0):
            self._consumed_due[node.node_id] = now + SELDOM_EVERY
            consumers = consumers_of(client_list(reply), node.name)
            node.consumed = frozenset(name for one in consumers for name in one["queues"] or ())

    def _note_health(self) -> None:
        """Note which nodes answer, and why the others do not."""
        if self.jobs is not None:
            for connection in self.cluster.links():
                if not connection.has_answered:
                    self.jobs.drop(connection)
        for one in self.cluster.missing():
            node_id = one.node_id or str(one.node)
            node = self.samples.nodes.setdefault(node_id, NodeSamples(node_id, str(one.node)))
            node.is_up, node.problem = False, one.problem.message
        for connection in self.cluster.answered():
            node = self._node(connection)
            refusal = self.refusals.found.get(connection)
            node.is_up, node.problem = refusal is None, "" if refusal is None else refusal[1].message
        for connection in self.cluster.waiting():
            if self._heard.get(connection, -1.0) >= self._begun:
                continue  # it is about to answer the rest
            node_id = connection.node_id or connection.name
            node = self.samples.nodes.setdefault(node_id, NodeSamples(node_id, connection.name))
            node.is_up, node.problem = False, "no answer yet"
        # Nodes that are forgotten, and those whose ID was not known while they did not answer.
        known = {connection.node_id or connection.name for connection in self.cluster.known()}
        known |= {one.node_id or str(one.node) for one in self.cluster.missing()}
        self._heard = {one: at for one, at in self._heard.items() if one.has_answered}
        for node_id in self.samples.nodes.keys() - known:
            del self.samples.nodes[node_id]
