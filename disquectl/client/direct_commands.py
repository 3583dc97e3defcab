"""The client's methods that take more than one request with one reply, so that a pipeline does not have them.

Scans to the end, logging in, MONITOR, and SHUTDOWN, whose success is a closed connection.
"""

from __future__ import annotations

from itertools import compress

from disquectl.client.queue_commands import scan_options, states_words
from disquectl.errors import ConnectionFailed
from disquectl.protocol.columns import chosen, values_of
from disquectl.protocol.dedup import Deduplicator
from disquectl.protocol.monitor import monitor_line
from disquectl.protocol.replies import jscan_page, qscan_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Protocol, TypeVar

    from disquectl.client.job_commands import Name
    from disquectl.client.transport import Transport
    from disquectl.protocol.records import MonitoredCommand, ScannedJob
    from disquectl.protocol.resp import AnyWord, Reply, Word

    Elements = TypeVar("Elements")

    class SendRequest(Protocol):
        """`Transport.request`."""

        def __call__(
            self,
            words: tuple[AnyWord, ...],
            repeatable: bool = False,
            wait_ms: int | None = 0,
            failover: bool = True,
            last_words: bool = False,
        ) -> Reply:
            """Send one request and return its reply."""


class DirectCommands:
    """Methods of a client alone."""

    _transport: Transport
    _request: SendRequest

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
        options = scan_options(count, busyloop, MINLEN=minlen, MAXLEN=maxlen, IMPORTRATE=importrate)
        seen = Deduplicator()
        for names in self._walk("QSCAN", options, qscan_page):
            yield from compress(names, seen.new(names))

    def jscan_all(
        self,
        *,
        queue: Name | None = None,
        states: str | Iterable[str] = (),
        reply: str = "id",
        count: int | None = None,
        busyloop: bool = False,
    ) -> Iterator[ScannedJob]:
        """Yield every job of one node, each once. The options are those of `jscan`.

        Raises ConnectionFailed if the client moves to another node meanwhile, and what `call` raises.
        """
        options = scan_options(count, busyloop, QUEUE=queue, REPLY=reply) + states_words(states)
        seen = Deduplicator()
        for found in self._walk("JSCAN", options, jscan_page):
            some: Iterable[Any] = chosen(found, seen.new(values_of(found, "id")))
            yield from some

    def auth(self, password: str | bytes) -> None:
        """Log in now and on every later connection.

        Raises NotAuthorised for a wrong password, and what `call` raises.
        """
        self._transport.request(("AUTH", password), False, 0, False)
        self._transport.connection_factory.password = (
            password.encode() if isinstance(password, str) else password
        )

    def monitor(self) -> Iterator[MonitoredCommand]:
        """Yield each command of every client as it comes: `{"time", "client", "args"}`.

        `time` is in seconds since 1970, `args` is a list of bytes. It ends when the node closes the
        connection. Raises what `call` raises.
        """
        lines = self._transport.stream("MONITOR")
        next(lines)
        commands: Iterator[Any] = (monitor_line(line) for line in lines)
        return commands

    def shutdown(self, *, rewrite_aof: bool = False) -> None:
        """Stop the server, which closes the connection; `rewrite_aof`: rewrite the append-only file first.

        Raises ReplyError where the server refuses, and what `call` raises.
        """
        words: list[Word] = ["SHUTDOWN", "REWRITE-AOF"] if rewrite_aof else ["SHUTDOWN"]
        self._request(tuple(words), False, 0, False, True)

    def _page(self, verb: str, cursor: int, options: list[AnyWord]) -> Reply:
        # A cursor means something to the node that gave it alone.
        return self._request((verb, cursor, *options), repeatable=True, failover=cursor == 0)

    def _walk(
        self, verb: str, options: list[AnyWord], page: Callable[[Reply], tuple[int, Elements]]
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
