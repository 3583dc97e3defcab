"""ENQUEUE: queue jobs now."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import WRITE

COMMAND = id_list_command(
    "enqueue",
    b"ENQUEUE",
    "Queue jobs now, before their delay or retry time ends.",
    WRITE,
    details="Counts as an additional delivery if the job was queued before. --cluster looks at all nodes "
    "first, and leaves out jobs that are queued on any of them.",
    cluster_note="acts on one node, and queues a job twice if another node has it queued; "
    "--cluster looks first",
    example="disquectl enqueue D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
