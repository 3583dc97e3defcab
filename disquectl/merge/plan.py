"""Which nodes get a request that changes a job, worked out from all replicas of the job. Pure.

The rules come from how Disque 1.0-rc1 behaves:

- ACKJOB, FASTACK: a node informs the nodes that its replica lists in `nodes-delivered`. A node that got the
  job while consumers waited there is in no list, so the request is sent to each node with a replica.
- ACKJOB of a job that is `wait-repl` crashes the server, and ACKJOB at a node without the job makes an empty
  entry that can crash it later. So it is sent only to nodes that have the job in another state than `acked`.
- ENQUEUE and NACK at a node that does not have the job queued, while another one does, may queue it twice.
  So they are sent only if no node has it queued, and to one node. That node asks the nodes in its list to
  postpone their own return of the job; a node that is in no list but lists the others reaches the most.
  For a delayed job it is the node that will queue it: the one that returns it first.
- DEQUEUE is sent to the nodes that have the job queued.
- WORKING is sent to one node, which informs those in its list.
"""

from __future__ import annotations

from disquectl.merge.replicas import DELIVERED, REQUEUE, STATE, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.protocol.resp import Reply

# Verbs for each node with a replica, and for one node.
ON_EVERY_REPLICA = (b"ACKJOB", b"FASTACK", b"DELJOB")
ON_ONE_NODE = (b"ENQUEUE", b"NACK", b"DEQUEUE", b"WORKING")

# Reasons to send nothing for a job.
UNKNOWN = "no node knows this job"
WAITING = "left as it is: its ADDJOB still waits for replicas"
ACKNOWLEDGED = "already acknowledged"
ALREADY_QUEUED = "already queued"
NOT_QUEUED = "not queued"
NOT_ANSWERED = "left as it is: its node did not answer"
MAYBE_QUEUED = "left as it is: it may be queued on a node that did not answer"

_NEVER_MS = 1 << 62


class Replica:
    """A job as one node has it: `state` in Disque's words, `listed` its nodes-delivered.

    `requeue_ms` is the time until this node queues the job, None for never.
    """

    __slots__ = ("listed", "node_id", "requeue_ms", "state")

    def __init__(
        self,
        node_id: bytes,
        state: bytes,
        listed: frozenset[bytes] = frozenset(),
        requeue_ms: int | None = None,
    ) -> None:
        self.node_id = node_id
        self.state = state
        self.listed = listed
        self.requeue_ms = requeue_ms


class Plan:
    """`nodes`: the IDs of the nodes to send to; if empty, `left` is the reason."""

    __slots__ = ("left", "nodes")

    def __init__(self, nodes: list[bytes], left: str = "") -> None:
        self.nodes = nodes
        self.left = left


def replica_of(node_id: bytes, reply: Reply) -> Replica | None:
    """The replica in a reply to SHOW; None if the node does not have the job. Raises NotDisque."""
    fields = shown(reply)
    if fields is None:
        return None
    return Replica(node_id, fields[STATE], frozenset(fields[DELIVERED]), fields[REQUEUE])


def plan(verb: bytes, replicas: list[Replica], silent: Callable[[bytes], bool]) -> Plan:
    """The nodes to which `verb` is sent for a job with these replicas.

    `verb` is one of ON_EVERY_REPLICA or ON_ONE_NODE. `silent`: whether the node of this ID did not answer.
    """
    if not replicas:
        return Plan([], UNKNOWN)
    if any(replica.state == b"wait-repl" for replica in replicas):
        return Plan([], WAITING)
    if verb in ON_EVERY_REPLICA:
        nodes = [one.node_id for one in replicas if verb != b"ACKJOB" or one.state != b"acked"]
        return Plan(nodes, "" if nodes else ACKNOWLEDGED)
    if any(replica.state == b"acked" for replica in replicas):
        return Plan([], ACKNOWLEDGED)
    if verb == b"WORKING":
        return Plan([_best(replicas).node_id])
    queued = [replica.node_id for replica in replicas if replica.state == b"queued"]
    if verb == b"DEQUEUE" and queued:
        return Plan(queued)
    if verb != b"DEQUEUE" and queued:
        return Plan([], ALREADY_QUEUED)
    if any(silent(node_id) for replica in replicas for node_id in replica.listed):
        return Plan([], MAYBE_QUEUED)
    return Plan([], NOT_QUEUED) if verb == b"DEQUEUE" else Plan([_best(replicas).node_id])


def _best(replicas: list[Replica]) -> Replica:
    """The replica that reaches the most nodes; of these, one that is queued, then the first to be queued."""
    holders = {replica.node_id for replica in replicas}

    def rank(replica: Replica) -> tuple[int, bool, int, bytes]:
        reached = len(holders & (replica.listed | {replica.node_id}))
        due_ms = _NEVER_MS if replica.requeue_ms is None else replica.requeue_ms
        return (-reached, replica.state != b"queued", due_ms, replica.node_id)

    return min(replicas, key=rank)
