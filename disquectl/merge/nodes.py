"""The nodes of a cluster: what each reports about itself, and the others about it; its capacity. Pure."""

from __future__ import annotations

from disquectl.protocol.job_options import DEFAULT_REPLICATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Literal

    from disquectl.protocol.shapes import Record

    Health = Literal["ok", "full", "no copies", "leaving", "failing", "down", "aof error"]

# One record of the command `nodes`, in this order.
NODE_FIELDS = (
    "id",
    "address",
    "health",
    "answers",
    "priority",
    "state",
    "version",
    "uptime",
    "clients",
    "blocked",
    "used_memory",
    "maxmemory",
    "jobs",
    "queues",
    "aof",
    "clock_skew",
    "leaving",
)
PREFIX = 8
FULL_PERCENT, NO_COPIES_PERCENT = 95, 75
# Priorities in HELLO: 1 is good, 5 has no link, 10 may be failing, 100 is failing or leaving.
_NO_LINK = 5
# Flag of CLUSTER NODES -> in plain words.
_STATES = {
    "noflags": "ok",
    "fail?": "possibly failing",
    "fail": "failing",
    "handshake": "meeting",
    "noaddr": "without address",
}
# The states in which another node reports trouble.
TROUBLE = frozenset(("possibly failing", "failing", "not linked"))


class NodeView:
    """What is known about one node.

    info       INFO as a record, or empty; maxmemory in bytes; leaving: CLUSTER LEAVING
    skew_ms    how far its clock is ahead of ours
    known      the nodes that it lists in CLUSTER NODES, as records
    seen       other node -> the state that it sees this one in
    priority   other node -> the priority that its HELLO gives it
    """

    __slots__ = (
        "address",
        "answers",
        "info",
        "known",
        "leaving",
        "maxmemory",
        "node_id",
        "priority",
        "seen",
        "skew_ms",
    )

    def __init__(self, node_id: str, address: str) -> None:
        self.node_id = node_id
        self.address = address
        self.answers = False
        self.info: Record = {}
        self.maxmemory: int | None = None
        self.leaving: bool | None = None
        self.skew_ms: float | None = None
        self.known: list[Record] = []
        self.seen: dict[str, str] = {}
        self.priority: dict[str, int] = {}

    def record(self) -> Record:
        """The record of `nodes`: memory in bytes, uptime in seconds, the clock in ms ahead of ours."""
        return {
            "id": self.node_id[:PREFIX],
            "address": self.address,
            "health": self.health(),
            "answers": self.answers,
            "priority": agreed(self.priority),
            "state": agreed(self.seen),
            "version": self._of("server", "disque_version"),
            "uptime": self._of("server", "uptime_in_seconds"),
            "clients": self._of("clients", "connected_clients"),
            "blocked": self._of("clients", "blocked_clients"),
            "used_memory": self._of("memory", "used_memory"),
            "maxmemory": self.maxmemory,
            "jobs": self._of("jobs", "registered_jobs"),
            "queues": self._of("queues", "registered_queues"),
            "aof": self._of("persistence", "aof_state"),
            "clock_skew": None if self.skew_ms is None else round(self.skew_ms),
            "leaving": self.leaving,
        }

    def health(self) -> Health:
        """The worst of what is wrong with the node, or `ok`.

        down        it does not answer
        failing     another node reports it as failing, or has no link to it
        aof error   it could not write its append-only file, and refuses changes
        full        its memory is used by 95 %: it refuses ADDJOB, ENQUEUE and NACK
        leaving     it leaves the cluster, and refuses new jobs
        no copies   its memory is used by 75 %: it keeps no replica of new jobs
        """
        if not self.answers:
            return "down"
        if any(state in TROUBLE for states in self.seen.values() for state in states.split(", ")):
            return "failing"
        written = (self._of("persistence", f"aof_last_{what}_status") for what in ("write", "bgrewrite"))
        if any(status not in (None, "ok") for status in written):
            return "aof error"
        used = self.used_percent()
        if used is not None and used >= FULL_PERCENT:
            return "full"
        if self.leaving:
            return "leaving"
        # Without a limit (maxmemory 0) Disque replicates only to others.
        if self.maxmemory == 0 or (used is not None and used >= NO_COPIES_PERCENT):
            return "no copies"
        return "ok"

    def used_percent(self) -> float | None:
        """How much of maxmemory is used; None if one is not known."""
        used = self._of("memory", "used_memory")
        return used * 100 / self.maxmemory if isinstance(used, int) and self.maxmemory else None

    def _of(self, section: str, field: str) -> object:
        """A field of INFO; None if the server does not have it."""
        fields: Record = self.info.get(section, {})
        return fields.get(field)


def agreed(views: dict[str, str] | dict[str, int]) -> object:
    """The value on which all nodes agree; a dict by node if they differ; None without any."""
    different = set(views.values())
    if len(different) > 1:
        return dict(sorted(views.items()))
    return different.pop() if different else None


def state_of_flags(entry: Record) -> str:
    """The state in one entry of CLUSTER NODES."""
    words = [_STATES.get(flag, flag) for flag in entry["flags"] if flag != "myself"]
    if entry["link"] != "connected" and words == ["ok"]:
        return "not linked"
    return ", ".join(words)


def possible_replicas(
    greeting: Record, wanted: int = DEFAULT_REPLICATE, silent: Container[str] = frozenset()
) -> int:
    """How many replicas of a new job can be made now, from 1 to `wanted`.

    These are the nodes that are up and not leaving, by the HELLO of one of them, without those that are
    silent, by ID: the others may not know it yet. Disque itself also counts failed ones.
    """
    nodes = greeting["nodes"]
    good = len([node for node in nodes if node["priority"] < _NO_LINK and node["id"] not in silent])
    return max(min(wanted, good), 1)
