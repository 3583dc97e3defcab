"""DELJOB: forget jobs on this node."""

from __future__ import annotations

from disquectl.commands.idlist import id_list_row
from disquectl.commands.row import WRITE

ROW = id_list_row(
    "deljob",
    b"DELJOB",
    "Delete jobs on one node.",
    WRITE,
    details="Copies on other nodes stay, and bring the job back after its retry time: --cluster deletes "
    "every copy; fastack tells the other nodes, too.",
    surprise="deletes the replica of one node, and others may bring the job back; --cluster deletes them all",
    example="disquectl deljob D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
