"""DELJOB: delete jobs on one node."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import WRITE

COMMAND = id_list_command(
    "deljob",
    b"DELJOB",
    "Delete jobs on one node.",
    WRITE,
    details="Replicas on other nodes stay, and bring the job back after its retry time. --cluster deletes "
    "every replica; fastack also notifies the other nodes.",
    cluster_note="deletes the replica of one node, and others may bring the job back; "
    "--cluster deletes them all",
    example="disquectl deljob D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
