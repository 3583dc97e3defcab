"""DEQUEUE: take jobs out of the queue without delivering them."""

from __future__ import annotations

from disquectl.commands.idlist import id_list_row
from disquectl.commands.row import WRITE

ROW = id_list_row(
    "dequeue",
    b"DEQUEUE",
    "Take jobs out of their queue until their retry time.",
    WRITE,
    details="A job that is delivered at most once does not come back.",
    surprise="takes jobs out of the queue of one node; --cluster finds the node that has them queued",
    example="disquectl dequeue D-dcb833cf-8YL1NT17e9+wsA/09NqxscQI-05a1",
)
