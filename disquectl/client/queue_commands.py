"""The client's methods for queues: lengths, states, peeking, scans, pausing.

Queue names come as `bytes` and may be given as `str` or `bytes`. Every method raises what
`Client.call` raises.
"""

from __future__ import annotations

from itertools import compress

from disquectl.client.commands import Commands
from disquectl.errors import ConnectionFailed
from disquectl.protocol.columns import chosen, values_of
from disquectl.protocol.dedup import Seen
from disquectl.protocol.replies import jobs, jscan_page, qscan_page, qstat
from disquectl.protocol.shapes import integer, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias, TypeVar

    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record

    Name: TypeAlias = str | bytes
    Elements = TypeVar("Elements")


class QueueCommands(Commands):
    """What is done with queues."""

    def qlen(self, queue: Name) -> int:
        """How many jobs this node has queued; 0 for a queue it does not have."""
        return integer("QLEN", self._request(("QLEN", queue), True))

    def qstat(self, queue: Name) -> Record | None:
        """What this node knows of a queue, or None. `age` and `idle` in seconds, `import_rate` in jobs/s."""
        return qstat(self._request(("QSTAT", queue), True))

    def qpeek(self, queue: Name, count: int = 10) -> list[Record]:
        """Jobs without taking them: the oldest, or with a negative count the newest."""
        return list(jobs(self._request(("QPEEK", queue, count), True), "QPEEK"))

    def pause(self, queue: Name, *options: str) -> str:
        """PAUSE with its own words (`in out all none state bcast`); the state afterwards.

        The words replace the state, they do not add to it. `bcast` tells every node.
        """
        return text("PAUSE", self._request(("PAUSE", queue, *options)))

    def qscan(
        self,
        cursor: int = 0,
        *,
        count: int | None = None,
        minlen: int | None = None,
        maxlen: int | None = None,
        importrate: int | None = None,
        busyloop: bool = False,
    ) -> tuple[int, list[bytes]]:
        """One page: the next cursor, 0 after the last, and queue names, perhaps some twice; see qscan_all."""
        options = _scan_options(count, busyloop, MINLEN=minlen, MAXLEN=maxlen, IMPORTRATE=importrate)
        return qscan_page(self._page("QSCAN", cursor, options))

    def qscan_all(
        self,
        *,
        count: int | None = None,
        minlen: int | None = None,
        maxlen: int | None = None,
        importrate: int | None = None,
        busyloop: bool = False,
    ) -> Iterator[bytes]:
        """Every queue name of one node, once. Raises ConnectionFailed if the client moves to another node."""
        options = _scan_options(count, busyloop, MINLEN=minlen, MAXLEN=maxlen, IMPORTRATE=importrate)
        seen = Seen()
        for names in self._walk("QSCAN", options, qscan_page):
            yield from compress(names, seen.new(names))

    def jscan(
        self,
        cursor: int = 0,
        *,
        queue: Name | None = None,
        states: str | Iterable[str] = (),
        reply: str = "id",
        count: int | None = None,
        busyloop: bool = False,
    ) -> tuple[int, list[Record]]:
        """One page: the next cursor, and jobs, `{"id"}` or with `reply="all"` as `show` gives them."""
        options = _scan_options(count, busyloop, QUEUE=queue, REPLY=reply) + _states(states)
        following, found = jscan_page(self._page("JSCAN", cursor, options))
        return following, list(found)

    def jscan_all(
        self,
        *,
        queue: Name | None = None,
        states: str | Iterable[str] = (),
        reply: str = "id",
        count: int | None = None,
        busyloop: bool = False,
    ) -> Iterator[Record]:
        """Every job of one node, once. Raises ConnectionFailed if the client moves to another node."""
        options = _scan_options(count, busyloop, QUEUE=queue, REPLY=reply) + _states(states)
        seen = Seen()
        for found in self._walk("JSCAN", options, jscan_page):
            yield from chosen(found, seen.new(values_of(found, "id")))

    def _page(self, verb: str, cursor: int, options: list[Word]) -> Reply:
        # A cursor means something to the node that gave it alone.
        return self._request((verb, cursor, *options), repeatable=True, failover=cursor == 0)

    def _walk(
        self, verb: str, options: list[Word], page: Callable[[Reply], tuple[int, Elements]]
    ) -> Iterator[Elements]:
        cursor, elements = page(self._page(verb, 0, options))
        node = self._transport.last_node
        yield elements
        while cursor:
            if self._transport.last_node != node:
                raise ConnectionFailed(
                    f"the scan began at {node}, and the client is now at {self._transport.last_node}"
                )
            cursor, elements = page(self._page(verb, cursor, options))
            yield elements


def _scan_options(count: int | None, busyloop: bool, **filters: Word | None) -> list[Word]:
    words: list[Word] = []
    for name, value in (("COUNT", count), *filters.items()):
        if value is not None:
            words += [name, value]
    return [*words, "BUSYLOOP"] if busyloop else words


def _states(states: str | Iterable[str]) -> list[Word]:
    words: list[Word] = []
    for state in [states] if isinstance(states, str) else states:
        words += ["STATE", state]
    return words
