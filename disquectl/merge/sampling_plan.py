"""Which requests to send one node next, so that sampling costs it little. Pure: times are passed in.

QSTAT takes a node about 2 µs, QSCAN 200 µs a page (Disque 1.0-rc1). Scans of jobs have a pace: scan_pace.py.
"""

from __future__ import annotations

from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.spec.parameters import Words

# Queues that a node is asked for in a second; if it has more, they are asked in turn.
QSTAT_PER_SECOND = 12_500
# Seconds between two scans for names of queues, and between two looks at what changes seldom.
NAMES_EVERY = 10.0
SELDOM_EVERY = 10.0
# A node with more clients than this lists them seldom.
MOST_LISTED = 500
_PAGE = b"1000"
CLIENTS: Words = [b"CLIENT", b"LIST"]
SELDOM: tuple[Words, ...] = ([b"HELLO"], [b"TIME"], [b"CONFIG", b"GET", b"maxmemory"])


class NodePlan:
    """The requests of one node.

    names     its queues as far as they are known, in the order in which they are asked
    is_known  whether all names were seen at least once
    """

    def __init__(
        self,
        interval: float,
        *,
        wants: Callable[[bytes], bool] | None = None,
        names: Iterable[bytes] | None = None,
        seldom: tuple[Words, ...] = SELDOM,
    ) -> None:
        """`wants`: which queues to ask for; `names`: ask for these without a scan."""
        self._slice = max(int(QSTAT_PER_SECOND * interval), 1)
        self._wants = wants
        self.names: dict[bytes, None] = dict.fromkeys(names or ())
        self._scans_names = names is None
        self.is_known = not self._scans_names
        self._seldom = seldom
        self._seldom_due = 0.0
        self._names_due = 0.0
        self._is_scanning = False
        self._turn = 0

    def tick(self, now: float, first: Iterable[bytes] = (), clients: int | None = None) -> list[Words]:
        """What to ask now: about the node, the queues `first`, and as many others as there is time for.

        `clients`: how many it had at the last sample.
        """
        requests: list[Words] = [[b"INFO"]]
        if now >= self._seldom_due:
            self._seldom_due = now + SELDOM_EVERY
            requests += [CLIENTS, *self._seldom]
        elif clients is not None and clients <= MOST_LISTED:
            requests.append(CLIENTS)
        ahead = dict.fromkeys(first)
        requests += [[b"QSTAT", name] for name in ahead]
        others = max(self._slice - len(ahead), 0)
        requests += [[b"QSTAT", name] for name in self._in_turn(others) if name not in ahead]
        if self._scans_names and not self._is_scanning and now >= self._names_due:
            self._names_due = now + NAMES_EVERY
            self._is_scanning = True
            requests.append([b"QSCAN", b"0", b"COUNT", _PAGE])
        return requests

    def _in_turn(self, count: int) -> list[bytes]:
        names = list(self.names)
        if len(names) <= count:
            return names
        start = self._turn % len(names)
        self._turn = start + count
        return names[start : start + count] + names[: max(start + count - len(names), 0)]

    def names_page(self, cursor: int, page: Iterable[bytes]) -> list[Words]:
        """Take a page of QSCAN; return what to ask next: the next page, and queues that are new."""
        wanted = (name for name in page if self._wants is None or self._wants(name))
        new = [name for name in dict.fromkeys(wanted) if name not in self.names]
        self.names.update(dict.fromkeys(new))
        requests = [[b"QSTAT", name] for name in islice(new, self._slice)]
        if cursor:
            return [[b"QSCAN", b"%d" % cursor, b"COUNT", _PAGE], *requests]
        self._is_scanning = False
        self.is_known = True
        return requests

    def is_gone(self, name: bytes) -> bool:
        """Take that the node does not have the queue; return whether it is not asked for it again."""
        if not self._scans_names:
            return False
        self.names.pop(name, None)
        return True

    def restart(self) -> None:
        """Start again, because the connection is a new one."""
        self._is_scanning = False
        self._names_due = self._seldom_due = 0.0
