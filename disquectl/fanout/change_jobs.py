"""Changing jobs by their IDs, over all nodes: look at every replica, then send where the plan says.

All IDs of a batch go out together, so a batch costs as many round trips as it has steps. It writes nothing;
see by_id.py for the commands. The plan itself is in cluster/plan.py.
"""

from __future__ import annotations

from disquectl.errors import OutcomeUnknown, ReplyError
from disquectl.fanout.ask import may_be_silent
from disquectl.merge.plan import ON_EVERY_REPLICA, UNKNOWN, plan, replica_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from disquectl.client.cluster import Cluster
    from disquectl.client.node_connection import NodeConnection
    from disquectl.fanout.ask import Refusals
    from disquectl.merge.plan import Plan, Replica
    from disquectl.protocol.resp import Reply

# A job that moves between two nodes while these are asked may be seen queued on neither. So these verbs,
# which could queue it a second time, look twice before anything is sent.
_PUTS_BACK = (b"ENQUEUE", b"NACK")
# Where a job has moved on since it was looked at, it is looked for again.
_GOES_AFTER_IT = (*ON_EVERY_REPLICA, b"DEQUEUE")
_ROUNDS = 4


class JobChange:
    """One verb, done to jobs.

    replies  job ID -> the largest number that a node answered
    left     job ID -> why nothing was sent for it
    nodes    job ID -> the nodes that it was sent to
    """

    def __init__(self, cluster: Cluster, verb: bytes, refusals: Refusals) -> None:
        self.replies: dict[bytes, int] = {}
        self.left: dict[bytes, str] = {}
        self.nodes: dict[bytes, list[str]] = {}
        self._cluster = cluster
        self._verb = verb
        self._refusals = refusals

    @property
    def count(self) -> int:
        """How many jobs the verb had an effect on, each counted once."""
        return sum(1 for reply in self.replies.values() if reply)

    def apply(self, job_ids: Iterable[bytes]) -> None:
        """Do it to these jobs. Raises NotDisque, and OutcomeUnknown for a reply that is not a number."""
        left_to_do = list(dict.fromkeys(job_ids))
        for round_number in range(_ROUNDS):
            plans = self._plans(left_to_do)
            wanted = {job_id: one for job_id, one in plans.items() if one.nodes}
            unknown: list[bytes] = []
            for job_id, one in plans.items():
                if one.left and job_id not in self.nodes:
                    self.left[job_id] = one.left
                    unknown += [job_id] if one.left == UNKNOWN and not round_number else []
            if self._verb in _PUTS_BACK and not round_number:
                left_to_do = [*wanted, *unknown]
            else:
                self._send(wanted)
                left_to_do = [*self._to_go_after(wanted), *unknown]
            if not left_to_do:
                return

    def _to_go_after(self, sent: dict[bytes, Plan]) -> list[bytes]:
        if self._verb not in _GOES_AFTER_IT:
            return []
        if self._verb in ON_EVERY_REPLICA:
            return list(sent)
        return [job_id for job_id in sent if not self.replies.get(job_id)]

    def _plans(self, job_ids: list[bytes]) -> dict[bytes, Plan]:
        """What to do with each, by what all nodes say now.

        While a node is waited for in vain, what the others said grows old: then they are asked again.
        """
        while True:
            silent_before = len(self._cluster.missing())
            replicas: dict[bytes, list[Replica]] = {job_id: [] for job_id in job_ids}
            for link, request, reply in self._cluster.ask(*([b"SHOW", job_id] for job_id in job_ids)):
                if isinstance(reply, ReplyError):
                    self._refusals.add(link, request, reply)
                elif (found := replica_of(link.node_id.encode(), reply)) is not None:
                    replicas[request[1]].append(found)  # type: ignore[index]  # our own words are bytes
            if not silent_before < len(self._cluster.missing()) or not self._cluster.answered():
                break
        silent = may_be_silent(self._cluster, self._refusals)
        return {job_id: plan(self._verb, found, silent) for job_id, found in replicas.items()}

    def _send(self, plans: dict[bytes, Plan]) -> None:
        links = {link.node_id.encode(): link for link in self._cluster.answered()}
        requests: dict[NodeConnection, list[list[bytes]]] = {}
        for job_id, one in plans.items():
            self.left.pop(job_id, None)
            for node_id in one.nodes:
                requests.setdefault(links[node_id], []).append([self._verb, job_id])
                self.nodes.setdefault(job_id, []).append(links[node_id].name)
        for link, some in requests.items():
            link.ask(some)
        for link, request, reply in self._cluster.ask():
            if isinstance(reply, ReplyError):
                self._refusals.add(link, request, reply)
            else:
                count = _number(link, self._verb, reply)
                asked: bytes = request[1]  # type: ignore[assignment]  # our own words are bytes
                self.replies[asked] = max(self.replies.get(asked, 0), count)


def _number(link: NodeConnection, verb: bytes, reply: Reply) -> int:
    if not isinstance(reply, int):
        raise OutcomeUnknown(
            f"{link.node} did not answer {verb.decode()} with a number: it may have been carried out",
            "Check the jobs, then repeat it.",
        )
    return reply
