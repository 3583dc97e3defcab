"""ACKJOB: acknowledge jobs."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import IDEMPOTENT

COMMAND = id_list_command(
    "ack",
    b"ACKJOB",
    "Acknowledge jobs as done.",
    IDEMPOTENT,
    details="The node passes the acknowledgement on to the nodes that it lists for the job. Acknowledge at "
    "the node that delivered the job, or use --cluster, which reaches every node with a replica (see "
    "`disquectl help delivery`). A job delivered at most once (its ID ends in an even digit) is known "
    "only to the node that holds it.",
    example="disquectl ack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
