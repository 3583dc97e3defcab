"""The originals of a move, at their nodes: looks at them, claims them, puts them back, acknowledges them.

Each step sends the requests of a whole batch, and takes one round trip. The claim is DEQUEUE: WORKING would
succeed for a job that a consumer has, too.
"""

from __future__ import annotations

from disquectl.errors import ReplyError
from disquectl.merge.move_plan import Look
from disquectl.merge.replicas import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.find_jobs import JobSearch
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply

    # Node ID, verb, job ID, reply.
    Answer = tuple[bytes, bytes, bytes, Reply]


class Originals:
    """The jobs of one search."""

    def __init__(self, search: JobSearch) -> None:
        self._search = search
        self._nodes_of: dict[int, list[bytes]] = {}  # until the next answers: a node may fail then
        self._ids = {connection: connection.node_id.encode() for connection in search.cluster.answered()}
        self._nodes: dict[bytes, NodeConnection] = {
            node_id: connection for connection, node_id in self._ids.items()
        }

    @property
    def node_ids(self) -> list[bytes]:
        """The nodes that answer."""
        return list(self._nodes)

    def nodes_of(self, bits: int) -> list[bytes]:
        """The IDs of the nodes with these bits that answer."""
        found = self._nodes_of.get(bits)
        if found is None:
            found = [self._ids[connection] for connection in self._search.connections(bits)]
            self._nodes_of[bits] = found
        return found

    def look(
        self, holders: dict[bytes, list[bytes]], claims: dict[bytes, list[bytes]]
    ) -> tuple[dict[bytes, Look], dict[bytes, bytes]]:
        """Send DEQUEUE for `claims` (job ID -> nodes), then SHOW for `holders`.

        Returns the look at each job, and the nodes where jobs were claimed. A job that some of its nodes did
        not answer for, or that no node could be asked for, has no look.
        """
        self._send((claims, b"DEQUEUE"), (holders, b"SHOW"))
        replicas: dict[bytes, dict[bytes, FlatReplica]] = {job_id: {} for job_id in holders}
        open_looks = {job_id: len(nodes) for job_id, nodes in holders.items()}
        claimed: dict[bytes, bytes] = {}
        for node_id, verb, job_id, reply in self._answers():
            if verb == b"DEQUEUE" and reply == 1:
                claimed[job_id] = node_id
            elif verb == b"SHOW":
                open_looks[job_id] -= 1
                replica = shown(reply)
                if replica is not None:
                    replicas[job_id][node_id] = replica
        looks = {
            job_id: Look(found)
            for job_id, found in replicas.items()
            if holders[job_id] and not open_looks[job_id]
        }
        return looks, claimed

    def renew(self, claimed: dict[bytes, bytes]) -> None:
        """Restart the retry clocks of claimed jobs, where Disque allows it; do not wait for the answers."""
        self._send(({job_id: [node_id] for job_id, node_id in claimed.items()}, b"WORKING"))

    def change(self, verb: bytes, nodes: dict[bytes, list[bytes]]) -> dict[bytes, int]:
        """Send a verb for jobs; return the largest number that a node replied for each job that got one."""
        return self.change_each([(job_id, node, verb) for job_id, some in nodes.items() for node in some])

    def change_each(self, requests: Iterable[tuple[bytes, bytes, bytes]]) -> dict[bytes, int]:
        """The same for requests of job ID, node ID and verb; answers to FASTACK are not counted."""
        by_node: dict[bytes, list[list[bytes]]] = {}
        for job_id, node_id, verb in requests:
            by_node.setdefault(node_id, []).append([verb, job_id])
        for node_id, some in by_node.items():
            self._nodes[node_id].ask(some)
        counts: dict[bytes, int] = {}
        for _, verb, job_id, reply in self._answers():
            if isinstance(reply, int) and verb not in (b"WORKING", b"FASTACK"):
                counts[job_id] = max(counts.get(job_id, 0), reply)
        return counts

    def _send(self, *steps: tuple[dict[bytes, list[bytes]], bytes]) -> None:
        """Send the requests of these steps, (job ID -> nodes, verb), to each node at once."""
        by_node: dict[bytes, list[list[bytes]]] = {node_id: [] for node_id in self._nodes}
        for nodes, verb in steps:
            for job_id, some in nodes.items():
                for node_id in some:
                    by_node[node_id].append([verb, job_id])
        for node_id, requests in by_node.items():
            if requests:
                self._nodes[node_id].ask(requests)

    def _answers(self) -> Iterable[Answer]:
        """The answers to all that was sent. Refusals of WORKING (TOOLATE, NOJOB) say nothing of interest."""
        self._nodes_of = {}
        for connection, answers in self._search.cluster.ask_together():
            node_id = self._ids[connection]
            for request, reply in answers:
                verb: bytes = request[0]  # type: ignore[assignment]  # requests are made of bytes
                job_id: bytes = request[1]  # type: ignore[assignment]
                if isinstance(reply, ReplyError):
                    if verb != b"WORKING":
                        self._search.refusals.add(connection, request, reply)
                else:
                    yield node_id, verb, job_id, reply
