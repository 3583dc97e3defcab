"""One job at every node: the replicas side by side, and where they differ. Pure."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.merge.jobs import Jobs
from disquectl.merge.replicas import ordered
from disquectl.protocol.jobid import decode
from disquectl.protocol.replies import complete, show
from disquectl.protocol.shapes import unexpected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.merge.clocks import Clocks
    from disquectl.protocol.resp import Reply
    from disquectl.protocol.shapes import Record

# What is known of a job as a whole; what each node says of it follows.
TRACE_FIELDS = ("id", "created_by", "ttl_minutes", "delivery", "state", "next_requeue_within")
# What each node says for itself alone: a difference there means nothing.
_OWN = ("node", "next_requeue_within", "next_awake_within")
# What is not initialised in the dummy that stands for an acknowledged ID (queue nil).
_OF_DUMMIES = ("node", "id", "state", "ttl", "nacks", "additional_deliveries")


class JobTrace:
    """What the nodes say of a job, taken together; `nodes` maps the IDs of nodes to their names."""

    def __init__(self, job_id: bytes, nodes: dict[str, str], clocks: Clocks) -> None:
        self.job_id = job_id
        self.replicas: list[Record] = []
        self._nodes = nodes
        self._jobs = Jobs(clocks)

    def add(self, node_id: str, reply: Reply, now_ms: float) -> None:
        """One node's SHOW; nil is no replica. Raises NotDisque."""
        fields = show(reply)
        if fields is None:
            return
        if complete(fields, ("id", "state"))["id"].encode() != self.job_id:
            raise unexpected("SHOW", reply)
        name = self._nodes[node_id]
        record = {"node": name, **fields}
        if fields.get("queue") is None:
            record = {field: record.get(field) for field in _OF_DUMMIES}
        for field in ("nodes_delivered", "nodes_confirmed"):
            if field in record:
                record[field] = [self._nodes.get(one, one) for one in record[field]]
        self.replicas.append(record)
        self._jobs.add(node_id, [ordered(reply)], now_ms)

    def record(self, missing_ids: list[str] | None, now_ms: float) -> Record:
        """`missing_ids`: the nodes that did not answer; None where one of them is not known by its ID.

        `{"id", ...what the ID tells, "state", "next_requeue_within", "differs", "copies"}`
        """
        bits = self._jobs.bits
        if missing_ids is None:
            missing = ~bits.mask(node_id.encode() for node_id in self._nodes)
        else:
            missing = bits.mask(node_id.encode() for node_id in missing_ids)
        merged = self._jobs.record(self.job_id, missing, now_ms, {}) if self._jobs.found else {}
        return {
            "id": self.job_id.decode("utf-8", "backslashreplace"),
            **told_by_id(self.job_id, self._nodes),
            "state": merged.get("state"),
            "next_requeue_within": merged.get("next_requeue_within"),
            "differs": differing(self.replicas),
            "copies": sorted(self.replicas, key=lambda replica: str(replica["node"])),
        }


def told_by_id(job_id: bytes, nodes: dict[str, str]) -> Record:
    """What the ID itself says: the node that made the job, the TTL in minutes, how often it is delivered."""
    try:
        told = decode(job_id)
    except UsageError:
        return {"created_by": None, "ttl_minutes": None, "delivery": None}
    maker = [name for node_id, name in nodes.items() if node_id.startswith(told.node_prefix)]
    return {
        "created_by": maker[0] if maker else told.node_prefix,
        "ttl_minutes": told.ttl_minutes,
        "delivery": "at least once" if told.at_least_once else "at most once",
    }


def differing(replicas: list[Record]) -> list[str]:
    """The fields in which replicas are not the same; times that run are left out, and a second of TTL."""
    fields = dict.fromkeys(field for replica in replicas for field in replica if field not in _OWN)
    return [field for field in fields if not _same(field, [replica.get(field) for replica in replicas])]


def _same(field: str, values: list[object]) -> bool:
    if field == "ttl":
        numbers = [value for value in values if isinstance(value, int)]
        return max(numbers, default=0) - min(numbers, default=0) <= 1
    if field in ("nodes_delivered", "nodes_confirmed"):
        return len({tuple(sorted(value)) if isinstance(value, list) else None for value in values}) == 1
    return all(value == values[0] for value in values)


def side_by_side(record: Record) -> list[Record]:
    """A row a field, a column a node, `differs` marked: what people compare."""
    replicas = record["copies"]
    fields = dict.fromkeys(field for replica in replicas for field in replica if field not in ("node", "id"))
    return [
        {
            "field": field,
            "differs": "*" if field in record["differs"] else "",
            **{replica["node"]: replica.get(field) for replica in replicas},
        }
        for field in fields
    ]
