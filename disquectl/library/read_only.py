"""Refuses what could change the cluster, for a client that is read-only. Pure."""

from __future__ import annotations

from disquectl.errors import UsageError
from disquectl.protocol.shapes import READS, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from disquectl.protocol.resp import AnyWord


def refuse_changes(words: Sequence[AnyWord]) -> None:
    """Raise UsageError for a request that is not known to change nothing."""
    if not words:
        return
    name = name_of([bytes(word) if isinstance(word, bytearray | memoryview) else word for word in words[:2]])
    if name not in READS:
        raise UsageError(f"{name} can change the cluster, and this client is read-only")
