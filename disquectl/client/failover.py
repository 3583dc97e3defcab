"""`FailoverPlan`: the nodes that one request may still be sent to, and why the others failed.

Pure: it keeps the order of the seeds and the reasons. It connects nothing and must not decide on resending.
"""

from __future__ import annotations

from disquectl.client.address import Node, as_nodes, distinct, hint
from disquectl.errors import ConnectionFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    # What names the seeds: text with commas, a node, a host and a port, or a mixture of them.
    Seeds: TypeAlias = "str | Node | tuple[str, int] | Iterable[str | Node | tuple[str, int]]"


class FailoverPlan:
    """The nodes that are still to be tried, in order, and why the request failed at the others."""

    __slots__ = ("_returning", "_tried", "nodes", "reasons")

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.reasons: list[str] = []
        self._returning: set[Node] = set()
        self._tried = list(nodes)

    def failed(self, node: Node, reason: str, come_back: bool = False) -> None:
        """Note a failure; with `come_back` the node is tried once more, after the others."""
        self.reasons.append(f"{node}: {reason}")
        if come_back and node not in self._returning:
            self._returning.add(node)
            self.nodes.append(node)

    def over(self) -> ConnectionFailed:
        """The exception when no node is left."""
        return ConnectionFailed(
            "; ".join(dict.fromkeys(self.reasons)),
            hint(self._tried) or "Is a Disque running there? Name one by --node or DISQUE_NODES.",
        )


def seeds(nodes: Seeds) -> list[Node]:
    """The nodes that `nodes` names, each once. Raises UsageError."""
    # Elements of bytes and keys of a dict are no nodes.
    one = isinstance(nodes, str | Node | bytes | dict) or not hasattr(nodes, "__iter__") or _is_address(nodes)
    found: list[Node] = []
    for node in [nodes] if one else nodes:  # type: ignore[union-attr]  # it is iterable: mypy cannot see that
        found.extend(as_nodes(node))  # type: ignore[arg-type]  # as_nodes refuses what is none
    if not found:
        raise UsageError("no node is given", "Name at least one, such as 127.0.0.1:7711.")
    return distinct(found)


def _is_address(nodes: object) -> bool:
    """Whether it is a host and a port, and not two nodes. A port that is text is refused later."""
    if not isinstance(nodes, tuple) or len(nodes) != 2:
        return False
    return isinstance(nodes[1], int) or (isinstance(nodes[1], str) and nodes[1].isdecimal())
