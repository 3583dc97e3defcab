"""Which node to take jobs from: where most of them come from, as Disque's documentation advises. Pure.

A job's ID begins with the ID of the node where it was created. Jobs that come from elsewhere were moved by
the cluster first, which costs time and a message each.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Moving costs a connection: only for a node that has sent most of so many jobs, and not too often.
_JOBS = 200
_SECONDS = 5.0


class NodeAffinity:
    """Where jobs came from since it was last thought about."""

    def __init__(self, now: float) -> None:
        self._counts: Counter[str] = Counter()
        self._since = now

    def add(self, node_prefixes: Iterable[str]) -> None:
        """Jobs have come; the first 8 digits of their nodes' IDs."""
        self._counts.update(node_prefixes)

    def better(self, current_prefix: str, now: float) -> str | None:
        """The prefix of the node to move to, or None to stay."""
        total = self._counts.total()
        if total < _JOBS or now - self._since < _SECONDS:
            return None
        prefix, count = self._counts.most_common(1)[0]
        self._counts.clear()
        self._since = now
        return prefix if prefix != current_prefix and count * 2 > total else None
