"""The client's methods for queues: lengths, states, peeking, scans, pausing.

Queue names are returned as `bytes`; arguments may be `str` or `bytes`.
"""

from __future__ import annotations

from itertools import compress

from disquectl.client.commands import Commands
from disquectl.errors import ConnectionFailed
from disquectl.protocol.columns import chosen, values_of
from disquectl.protocol.dedup import Deduplicator
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
    """Methods for queues."""

    def qlen(self, queue: Name) -> int:
        """Return how many jobs this node has queued; 0 for a queue it does not have.

        Delayed jobs and jobs that a consumer has are not counted. Raises what `call` raises.
        """
        return integer("QLEN", self._request(("QLEN", queue), True))

    def qstat(self, queue: Name) -> Record | None:
        """Return what this node knows of a queue, as a dict, or None for an unknown queue.

        `age` and `idle` are in seconds, `import_rate` in jobs per second, `len` and the other counts in jobs.
        Raises what `call` raises.
        """
        return qstat(self._request(("QSTAT", queue), True))

    def qpeek(self, queue: Name, count: int = 10) -> list[Record]:
        """Return jobs without taking them, as `getjob` does.

        Up to `count` of the oldest; with a negative count, of the newest. Raises what `call` raises.
        """
        return list(jobs(self._request(("QPEEK", queue, count), True), "QPEEK"))

    def pause(self, queue: Name, *options: str) -> str:
        """Send PAUSE and return the state afterwards: `none`, `in`, `out` or `all`.

        `options` are its own words: `in`, `out`, `all`, `none`, `state`, `bcast`. They replace the state.
        `bcast` applies it on every node. Raises what `call` raises.
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
        """Return one page of queue names: (next cursor, names); the cursor is 0 after the last page.

        A name may come twice; see `qscan_all`. `count`: about how many to look at. `minlen` and `maxlen`:
        only queues with at least or at most this many jobs; `importrate`: with at least this rate, in jobs
        per second; `busyloop`: all in one page.

        A cursor other than 0 is sent only to the node that it came from. Raises what `call` raises.
        """
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
        """Yield every queue name of one node, each once. The options are those of `qscan`.

        Raises ConnectionFailed if the client moves to another node meanwhile, and what `call` raises.
        """
        options = _scan_options(count, busyloop, MINLEN=minlen, MAXLEN=maxlen, IMPORTRATE=importrate)
        seen = Deduplicator()
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
        """Return one page of jobs: (next cursor, jobs); the cursor is 0 after the last page.

        A job is `{"id"}`, or with `reply="all"` a dict as from `show`. `queue` and `states` (one or several
        of `queued`, `active`, `wait-repl`, `acked`) select jobs; `count`: about how many to look at;
        `busyloop`: all in one page.

        A cursor other than 0 is sent only to the node that it came from. Raises what `call` raises.
        """
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
        """Yield every job of one node, each once. The options are those of `jscan`.

        Raises ConnectionFailed if the client moves to another node meanwhile, and what `call` raises.
        """
        options = _scan_options(count, busyloop, QUEUE=queue, REPLY=reply) + _states(states)
        seen = Deduplicator()
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
