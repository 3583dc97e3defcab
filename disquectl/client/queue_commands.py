"""The client's methods for queues: lengths, states, peeking, scans, pausing.

Queue names are returned as `bytes`; arguments may be `str`, `bytes`, `bytearray` or `memoryview`.
"""

from __future__ import annotations

from disquectl.client.commands import changes, command_method, one_server, reads, record
from disquectl.protocol.replies import jobs, jscan_page, qscan_page, qstat
from disquectl.protocol.shapes import integer, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from disquectl.client.commands import Asked
    from disquectl.client.job_commands import Name
    from disquectl.protocol.records import QueueStat, ScannedJob, TakenJob
    from disquectl.protocol.resp import AnyWord, Reply
    from disquectl.protocol.shapes import Record

    Page = TypeVar("Page")


class QueueCommands:
    """Methods for queues."""

    @command_method
    def qlen(self, queue: Name) -> Asked[int]:
        """Return how many jobs this node has queued; 0 for a queue it does not have.

        Delayed jobs and jobs that a consumer has are not counted. Raises what `call` raises.
        """
        return reads(("QLEN", queue), _length)

    @command_method
    def qstat(self, queue: Name) -> Asked[QueueStat | None]:
        """Return what this node knows of a queue, as a dict, or None for an unknown queue.

        `age` and `idle` are in seconds, `import_rate` in jobs per second, `len` and the other counts in jobs.
        Raises what `call` raises.
        """
        return reads(("QSTAT", queue), record(qstat))

    @command_method
    def qpeek(self, queue: Name, count: int = 10) -> Asked[list[TakenJob]]:
        """Return jobs without taking them, as `getjob` does.

        Up to `count` of the oldest; with a negative count, of the newest. Raises what `call` raises.
        """
        return reads(("QPEEK", queue, count), record(_peeked))

    @command_method
    def pause(self, queue: Name, *options: str) -> Asked[str]:
        """Send PAUSE and return the state afterwards: `none`, `in`, `out` or `all`.

        `options` are its own words: `in`, `out`, `all`, `none`, `state`, `bcast`. They replace the state.
        `bcast` applies it on every node. Raises what `call` raises.
        """
        return changes(("PAUSE", queue, *options), _state)

    @command_method
    def qscan(
        self,
        cursor: int = 0,
        *,
        count: int | None = None,
        minlen: int | None = None,
        maxlen: int | None = None,
        importrate: int | None = None,
        busyloop: bool = False,
    ) -> Asked[tuple[int, list[bytes]]]:
        """Return one page of queue names: (next cursor, names); the cursor is 0 after the last page.

        A name may come twice; see `qscan_all`. `count`: about how many to look at. `minlen` and `maxlen`:
        only queues with at least or at most this many jobs; `importrate`: with at least this rate, in jobs
        per second; `busyloop`: all in one page.

        A cursor other than 0 is sent only to the node that it came from. Raises what `call` raises.
        """
        options = scan_options(count, busyloop, MINLEN=minlen, MAXLEN=maxlen, IMPORTRATE=importrate)
        return _page("QSCAN", cursor, options, qscan_page)

    @command_method
    def jscan(
        self,
        cursor: int = 0,
        *,
        queue: Name | None = None,
        states: str | Iterable[str] = (),
        reply: str = "id",
        count: int | None = None,
        busyloop: bool = False,
    ) -> Asked[tuple[int, list[ScannedJob]]]:
        """Return one page of jobs: (next cursor, jobs); the cursor is 0 after the last page.

        A job is `{"id"}`, or with `reply="all"` a dict as from `show`. `queue` and `states` (one or several
        of `queued`, `active`, `wait-repl`, `acked`) select jobs; `count`: about how many to look at;
        `busyloop`: all in one page.

        A cursor other than 0 is sent only to the node that it came from. Raises what `call` raises.
        """
        options = scan_options(count, busyloop, QUEUE=queue, REPLY=reply) + states_words(states)
        return _page("JSCAN", cursor, options, record(_scanned))


def scan_options(count: int | None, busyloop: bool, **filters: AnyWord | None) -> list[AnyWord]:
    """Return the options that QSCAN and JSCAN have, as words."""
    words: list[AnyWord] = []
    for name, value in (("COUNT", count), *filters.items()):
        if value is not None:
            words += [name, value]
    return [*words, "BUSYLOOP"] if busyloop else words


def states_words(states: str | Iterable[str]) -> list[AnyWord]:
    """Return one state or several as options of JSCAN."""
    words: list[AnyWord] = []
    for state in [states] if isinstance(states, str) else states:
        words += ["STATE", state]
    return words


def _page(verb: str, cursor: int, options: list[AnyWord], value_of: Callable[[Reply], Page]) -> Asked[Page]:
    # A cursor means something to the node that gave it alone.
    words = (verb, cursor, *options)
    return one_server(words, value_of, True) if cursor else reads(words, value_of)


def _length(reply: Reply) -> int:
    return integer("QLEN", reply)


def _state(reply: Reply) -> str:
    return text("PAUSE", reply)


def _peeked(reply: Reply) -> list[Record]:
    return list(jobs(reply, "QPEEK"))


def _scanned(reply: Reply) -> tuple[int, list[Record]]:
    following, found = jscan_page(reply)
    return following, list(found)
