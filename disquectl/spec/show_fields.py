"""The fields of SHOW, in its order, and how tables show them; for show, jscan and trace."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.shape import Kind

SHOW_FIELDS = (
    "id",
    "queue",
    "state",
    "repl",
    "ttl",
    "ctime",
    "delay",
    "retry",
    "nacks",
    "additional_deliveries",
    "nodes_delivered",
    "nodes_confirmed",
    "next_requeue_within",
    "next_awake_within",
    "body",
)
# How tables show Disque's units.
SHOW_KINDS: dict[str, Kind] = {
    "id": "id",
    "body": "body",
    "ttl": "seconds",
    "delay": "seconds",
    "retry": "seconds",
    "ctime": "ctime_ns",
    "next_requeue_within": "ms",
    "next_awake_within": "ms",
}
