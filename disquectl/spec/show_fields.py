"""The fields of SHOW, in its order, and how people read them; jscan and trace show them, too."""

from __future__ import annotations

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
# What people read instead of Disque's units.
SHOW_KINDS = {
    "id": "id",
    "body": "body",
    "ttl": "seconds",
    "delay": "seconds",
    "retry": "seconds",
    "ctime": "ctime_ns",
    "next_requeue_within": "ms",
    "next_awake_within": "ms",
}
