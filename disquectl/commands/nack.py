"""NACK: put failed jobs back into their queue now."""

from __future__ import annotations

from disquectl.execution.id_commands import id_list_command
from disquectl.spec.command import WRITE

COMMAND = id_list_command(
    "nack",
    b"NACK",
    "Put failed jobs back into their queue at once.",
    WRITE,
    details="Counts as a nack in the job's counters. Send it to the node that delivered the job, or use "
    "--cluster, which looks at all nodes first.",
    cluster_note="acts on one node, and queues a job twice if another node has it queued; "
    "--cluster looks first",
    example="disquectl nack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
