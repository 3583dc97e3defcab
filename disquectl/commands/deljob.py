"""DELJOB: forget jobs on this node."""

from __future__ import annotations

from disquectl.commands.idlist import id_list_row
from disquectl.commands.row import DELETED, WRITE

ROW = id_list_row(
    "deljob",
    b"DELJOB",
    "Delete jobs on one node.",
    WRITE,
    details="Copies on other nodes stay, and come back after their retry time: --cluster deletes every copy, "
    "and counts each job once; fastack tells the other nodes, too.",
    surprise="deletes this node's copy: others bring the job back; FASTACK deletes them all",
    everywhere=DELETED,
    example="disquectl deljob D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
