"""FASTACK: delete jobs on all nodes, without waiting for them."""

from __future__ import annotations

from disquectl.commands.idlist import id_list_row
from disquectl.commands.row import REPEAT

ROW = id_list_row(
    "fastack",
    b"FASTACK",
    "Acknowledge jobs quickly, at the risk of another delivery.",
    REPEAT,
    details="Deletes here and tells the others once, where ack makes sure that all know. --cluster deletes "
    "on every node with a replica.",
    example="disquectl fastack D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
