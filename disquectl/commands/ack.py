"""ACKJOB: the jobs are done."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import IDEMPOTENT

COMMAND = id_list_command(
    "ack",
    b"ACKJOB",
    "Acknowledge jobs: they are done.",
    IDEMPOTENT,
    details="Tells the nodes that this node lists for the job. Acknowledge where the job was taken, or use "
    "--cluster, which reaches every node with a replica (see `help delivery`). A job delivered at most once "
    "(its ID ends in an even digit) is known only to the node that holds it.",
    example="disquectl ack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
