"""The live names that completion and the bar show: queues, nodes, settings.

Data only; the refresher replaces values as a whole, so that reading them never waits.
"""

from __future__ import annotations

from disquectl.shell.match import Index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record


class Names:
    """Names of the cluster, as one node gave them.

    lengths   queued jobs of the queues on this node, of as many as are asked for in one round
    nodes     records of HELLO
    node_id   the node that answered, and `address` its address as text
    profiles  the profiles of the config file, with their nodes
    problem   why no node answers, or empty
    checked   whether the first round has ended
    wanted    whether the names were used since they were last fetched
    """

    __slots__ = (
        "address",
        "checked",
        "lengths",
        "node_id",
        "nodes",
        "problem",
        "profiles",
        "queues",
        "settings",
        "wanted",
    )

    def __init__(self) -> None:
        self.queues = Index(())
        self.lengths: dict[str, int] = {}
        self.profiles: dict[str, str] = {}
        self.nodes: list[Record] = []
        self.node_id = ""
        self.address = ""
        self.settings: dict[str, str] = {}
        self.problem = ""
        self.checked = False
        self.wanted = True

    @property
    def reachable(self) -> int:
        """How many nodes are neither failing nor leaving; those have priority 10 or 100 in HELLO."""
        return sum(1 for node in self.nodes if node["priority"] < 10)

    def length_of(self, queue: str) -> str:
        """Say how many jobs are queued: `12 queued`, or `12 queued here` if there are other nodes."""
        length = self.lengths.get(queue)
        if length is None:
            return "queue"
        return f"{length} queued{' here' if len(self.nodes) > 1 else ''}"
