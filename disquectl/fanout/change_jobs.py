"""Changing jobs by ID on all nodes: asks every node for its replica, then sends where merge/plan.py says.

All IDs of a batch are sent together, so a batch takes as many round trips as it has steps. It must not know
output; execution/by_id.py has the commands.
"""

from __future__ import annotations

from disquectl.errors import OutcomeUnknown, ReplyError
from disquectl.fanout.ask import may_be_silent
from disquectl.merge.plan import NOT_ANSWERED, ON_EVERY_REPLICA, UNKNOWN, Plan, plan, replica_of
from disquectl.merge.replicas import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.merge.plan import Replica
    from disquectl.merge.replicas import FlatReplica
    from disquectl.protocol.resp import Reply

# A job that moves between two nodes meanwhile may be seen as queued on neither. These verbs could queue it a
# second time, so every node is asked twice before anything is sent.
_QUEUES = (b"ENQUEUE", b"NACK")
# After these verbs every node is asked again, for a job that has moved meanwhile.
_FOLLOWS = (*ON_EVERY_REPLICA, b"DEQUEUE")
_ROUNDS = 4


class JobChange:
    """Sends one verb for jobs.

    replies  job ID -> the largest number that a node replied
    left     job ID -> the reason why nothing was sent for it
    refused  job ID -> the error that a node replied
    nodes    job ID -> the nodes that the verb was sent to
    """

    def __init__(
        self,
        cluster: Cluster,
        verb: bytes,
        refusals: Refusals,
        objection: Callable[[FlatReplica], str] | None = None,
    ) -> None:
        """`objection`: the reason why a job with this replica is left as it is, "" for none."""
        self.replies: dict[bytes, int] = {}
        self.left: dict[bytes, str] = {}
        self.refused: dict[bytes, str] = {}
        self.nodes: dict[bytes, list[str]] = {}
        self._cluster = cluster
        self._verb = verb
        self._refusals = refusals
        self._objection = objection

    @property
    def count(self) -> int:
        """The number of jobs that the verb changed, each counted once."""
        return sum(1 for reply in self.replies.values() if reply)

    def apply(self, job_ids: Iterable[bytes]) -> None:
        """Send the verb for these jobs.

        Raises NotDisque, and OutcomeUnknown for a reply that is not a number.
        """
        left_to_do = list(dict.fromkeys(job_ids))
        for round_number in range(_ROUNDS):
            plans = self._plans(left_to_do)
            wanted = {job_id: one for job_id, one in plans.items() if one.nodes}
            unknown: list[bytes] = []
            for job_id, one in plans.items():
                if one.left and job_id not in self.nodes:
                    self.left[job_id] = one.left
                    unknown += [job_id] if one.left == UNKNOWN and not round_number else []
            if self._verb in _QUEUES and not round_number:
                left_to_do = [*wanted, *unknown]
            else:
                self._send(wanted)
                left_to_do = [*self._to_follow(wanted), *unknown]
            if not left_to_do:
                return

    def _to_follow(self, sent: dict[bytes, Plan]) -> list[bytes]:
        if self._verb not in _FOLLOWS:
            return []
        if self._verb in ON_EVERY_REPLICA:
            return list(sent)
        return [job_id for job_id in sent if not self.replies.get(job_id)]

    def _plans(self, job_ids: list[bytes]) -> dict[bytes, Plan]:
        """The plan for each job, by the replicas that all nodes have now.

        If a node did not answer in time, the replies of the others are old by then: they are asked again.
        """
        while True:
            silent_before = len(self._cluster.missing())
            replicas: dict[bytes, list[Replica]] = {job_id: [] for job_id in job_ids}
            objections: dict[bytes, str] = {}
            for connection, request, reply in self._cluster.ask(*([b"SHOW", job_id] for job_id in job_ids)):
                if isinstance(reply, ReplyError):
                    self._refusals.add(connection, request, reply)
                elif (found := replica_of(connection.node_id.encode(), reply)) is not None:
                    job_id: bytes = request[1]  # type: ignore[assignment]  # requests are made of bytes
                    replicas[job_id].append(found)
                    if self._objection is not None and (reason := self._objection(shown(reply) or [])):
                        objections[job_id] = reason
            if not silent_before < len(self._cluster.missing()) or not self._cluster.answered():
                break
        silent = may_be_silent(self._cluster, self._refusals)
        plans = {job_id: plan(self._verb, found, silent) for job_id, found in replicas.items()}
        return {
            job_id: Plan([], objections[job_id]) if one.nodes and job_id in objections else one
            for job_id, one in plans.items()
        }

    def _send(self, plans: dict[bytes, Plan]) -> None:
        connections = {connection.node_id.encode(): connection for connection in self._cluster.answered()}
        requests: dict[NodeConnection, list[list[bytes]]] = {}
        for job_id, one in plans.items():
            self.left.pop(job_id, None)
            nodes = [node_id for node_id in one.nodes if node_id in connections]
            if not nodes:
                self.left[job_id] = NOT_ANSWERED
            for node_id in nodes:
                requests.setdefault(connections[node_id], []).append([self._verb, job_id])
                self.nodes.setdefault(job_id, []).append(connections[node_id].name)
        for connection, some in requests.items():
            connection.ask(some)
        for connection, request, reply in self._cluster.ask():
            asked: bytes = request[1]  # type: ignore[assignment]  # requests are made of bytes
            if isinstance(reply, ReplyError):
                self._refusals.add(connection, request, reply)
                self.refused[asked] = reply.message
            else:
                count = _number(connection, self._verb, reply)
                self.replies[asked] = max(self.replies.get(asked, 0), count)


def _number(connection: NodeConnection, verb: bytes, reply: Reply) -> int:
    if not isinstance(reply, int):
        raise OutcomeUnknown(
            f"{connection.node} did not answer {verb.decode()} with a number; it may have been carried out",
            "Check the jobs, then repeat it.",
        )
    return reply
