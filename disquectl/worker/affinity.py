"""Which node to take jobs from: the one that most of them were created at, as Disque advises. Pure.

A job ID contains the first 8 digits of the ID of the node where the job was created. Jobs from other nodes
have to be moved by the cluster first, which costs time and a message each.
"""

from __future__ import annotations

from collections import Counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Changing the node costs a connection: do it after this many jobs, and not more often than this.
_JOBS = 200
_SECONDS = 5.0


class NodeAffinity:
    """Counts where jobs were created since the last decision."""

    def __init__(self, now: float) -> None:
        self._counts: Counter[str] = Counter()
        self._since = now

    def add(self, node_prefixes: Iterable[str]) -> None:
        """Jobs were delivered; these are the first 8 digits of the IDs of the nodes that created them."""
        self._counts.update(node_prefixes)

    def better(self, current_prefix: str, now: float) -> str | None:
        """Return the prefix of the node to change to, or None to stay."""
        total = self._counts.total()
        if total < _JOBS or now - self._since < _SECONDS:
            return None
        prefix, count = self._counts.most_common(1)[0]
        self._counts.clear()
        self._since = now
        return prefix if prefix != current_prefix and count * 2 > total else None
