"""FASTACK: delete jobs on all nodes without waiting for confirmation."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import IDEMPOTENT

COMMAND = id_list_command(
    "fastack",
    b"FASTACK",
    "Acknowledge jobs quickly, at the risk of another delivery.",
    IDEMPOTENT,
    details="Deletes the jobs on this node and notifies the others once, whereas ack makes sure that all "
    "nodes know. --cluster deletes on every node with a replica.",
    example="disquectl fastack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
