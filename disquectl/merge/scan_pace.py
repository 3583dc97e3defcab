"""When to ask a node for the next page of its jobs, so that scanning takes a small part of its time. Pure.

Times are passed in. After a page that took a node 2 ms, the next one waits until that is `share` of the time.
"""

from __future__ import annotations

# The share of a node's time, and of our own, that scans of jobs may take while figures are sampled, too.
SCAN_SHARE = 0.03
OWN_SHARE = 0.04
# What a command costs a node beyond what its commandstats say: reading and writing.
OVERHEAD = 1.3
LEAST_COST = 0.0005


class ScanPace:
    """The pace of one node.

    page_cost  seconds that a page of jobs took the node lately by its own figures; None if they are not known
    due        when the next page may be asked for
    """

    __slots__ = ("_calls", "_own_share", "_share", "due", "page_cost")

    def __init__(self, share: float = SCAN_SHARE, own_share: float = OWN_SHARE) -> None:
        self._share = share
        self._own_share = own_share
        self.page_cost: float | None = None
        self.due = 0.0
        self._calls: tuple[int, int] | None = None

    def add_calls(self, calls: int, usec: int) -> None:
        """Take how often the node was asked for a page until now, and how long it worked for all of them."""
        before, self._calls = self._calls, (calls, usec)
        if before is not None and calls > before[0] and usec >= before[1]:
            self.page_cost = (usec - before[1]) / (calls - before[0]) / 1_000_000

    def page_done(self, now: float, node_cost: float, own_cost: float) -> None:
        """A page of jobs has come.

        node_cost  seconds that the node took at most: until the reply came, without what we worked meanwhile
        own_cost   seconds that we took, times the number of nodes that are scanned
        """
        if self.page_cost is not None:
            node_cost = min(node_cost, self.page_cost * OVERHEAD)
        node_cost = max(node_cost, LEAST_COST)
        self.due = now + max(node_cost / self._share - node_cost, own_cost / self._own_share)
