"""ACKJOB: the jobs are done."""

from __future__ import annotations

from disquectl.commands.idlist import id_list_row
from disquectl.commands.row import REPEAT

ROW = id_list_row(
    "ack",
    b"ACKJOB",
    "Acknowledge jobs: they are done.",
    REPEAT,
    details="Tells the nodes that this node lists for the job. Acknowledge where the job was taken, or use "
    "--cluster, which reaches every node with a replica (see `help delivery`). A job delivered at most once "
    "(its ID ends in an even digit) is known only to the node that holds it.",
    example="disquectl ack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
