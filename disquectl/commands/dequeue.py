"""DEQUEUE: take jobs out of their queue without delivering them."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import WRITE

COMMAND = id_list_command(
    "dequeue",
    b"DEQUEUE",
    "Take jobs out of their queue until their retry time.",
    WRITE,
    details="A job that is delivered at most once does not come back.",
    cluster_note="takes jobs out of the queue of one node; --cluster finds the node that has them queued",
    example="disquectl dequeue D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
