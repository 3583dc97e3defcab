"""The live names that completion and the bar show: queues, nodes, settings, and who answers.

Values only, replaced as a whole by the refresher, so that reading them never waits.
"""

from __future__ import annotations

from disquectl.shell.match import Index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.protocol.shapes import Record


class Names:
    """`nodes`: records of HELLO; `node_id`: the node that answered it, and `address` its address as text.

    `problem`: why nobody answers; `checked`: whether anybody was asked yet. `wanted`: someone has looked at
    the names since they were fetched last.
    """

    __slots__ = ("address", "checked", "node_id", "nodes", "problem", "queues", "settings", "wanted")

    def __init__(self) -> None:
        self.queues = Index(())
        self.nodes: list[Record] = []
        self.node_id = ""
        self.address = ""
        self.settings: dict[str, str] = {}
        self.problem = ""
        self.checked = False
        self.wanted = True

    @property
    def reachable(self) -> int:
        """How many nodes are neither failing nor leaving: Disque gives those a priority of 10 and 100."""
        return sum(1 for node in self.nodes if node["priority"] < 10)
