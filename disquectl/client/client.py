"""`Client`: the class that `from disquectl import Client` gives.

It has a transport, which it does not show, and a method for each command. help/python.md lists what
corresponds to the methods of pydisque and cl-disque.
"""

from __future__ import annotations

from disquectl.client.job_commands import JobCommands
from disquectl.client.queue_commands import QueueCommands
from disquectl.client.server_commands import ServerCommands
from disquectl.client.transport import Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

    from disquectl.client.address import Node
    from disquectl.client.failover import Seeds
    from disquectl.client.pipeline import Pipeline
    from disquectl.client.tls import Tls
    from disquectl.client.tracing import Tracer
    from disquectl.protocol.resp import Reply, Word
    from disquectl.protocol.shapes import Record


class Client(JobCommands, QueueCommands, ServerCommands):
    """A client of a Disque cluster, with a method for each command.

        with Client("127.0.0.1:7711,127.0.0.1:7712", password="secret") as disque:
            job_id = disque.addjob("mail", "hello", retry=60)
            for job in disque.getjob("mail", timeout_ms=1000):
                disque.ackjob(job["id"])

    It connects with its first request, to the first seed that accepts the connection, and reconnects when the
    connection has broken. `call` sends any request; `call_many` and `pipeline` send many at once. For one
    thread at a time.
    """

    def __init__(
        self,
        nodes: Seeds = "127.0.0.1:7711",
        *,
        password: str | bytes | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float | None = 30.0,
        tracer: Tracer | None = None,
        tls: Tls | None = None,
        notice: Callable[[str], object] | None = None,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        `nodes`: the seeds in order, as comma-separated text, ("host", port), or a list of these. Timeouts are
        seconds: `connect_timeout` for each address of a node, `response_timeout` for one whole reply, None
        for no limit. `tracer` sees the traffic (disquectl.Tracer), `notice` is called with each warning,
        `tls` (disquectl.client.tls.Tls) turns TLS on.

        Raises UsageError for nodes that are not addresses.
        """
        self._transport = Transport(
            nodes,
            password=password,
            connect_timeout=connect_timeout,
            response_timeout=response_timeout,
            tracer=tracer,
            tls=tls,
            notice=notice,
        )
        self._request = self._transport.request

    @property
    def nodes(self) -> list[Node]:
        """The seeds, in order."""
        return self._transport.nodes

    @property
    def node(self) -> Node | None:
        """The node that is connected now, or None."""
        return self._transport.node

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self._transport.connected

    def connect(self, replace: bool = False) -> None:
        """Connect now, to the first seed that accepts the connection.

        `replace=True` closes an open connection first.

        Raises UsageError if a connection is open and `replace` is false; ConnectionFailed if no seed can be
        reached; NotAuthorised for a missing or wrong password.
        """
        self._transport.connect(replace)

    def close(self) -> None:
        """Close the connection, if one is open; the next request opens a new one."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def verify(self) -> Record:
        """Check that a Disque answers, and return its HELLO as `hello` does; once for each connection.

        For use before commands that other servers have too. A node that is still loading its file gives a
        record with "" for its node and no nodes. Raises NotDisque, which names a Redis as such, and what
        `call` raises.
        """
        return self._transport.verify()

    def call(
        self, *words: Word, repeatable: bool = False, wait_ms: int | None = 0, failover: bool = True
    ) -> Reply:
        """Send one request and return its reply: bytes, int, None, or a list of these.

        An error inside a list is an element of the list, not raised.

        `repeatable`: the request may be sent again, because running it twice changes nothing. `wait_ms`: how
        long the command itself may wait, in ms, on top of the response timeout; None is no limit.
        `failover=False`: do not go to another seed.

        Raises ReplyError for an error reply (NotAuthorised for a missing or wrong password), ConnectionFailed
        if no seed can be reached, NotDisque, NoAnswer if a repeatable request got no reply in time, and
        OutcomeUnknown if any other was sent and got no reply. UsageError for a request inside another one.
        """
        return self._request(words, repeatable, wait_ms, failover)

    def call_many(
        self, requests: Iterable[Iterable[Word]], *, repeatable: bool = False, wait_ms: int | None = 0
    ) -> list[Reply]:
        """Send requests together on one connection and return their replies in order.

        An error reply is an element of the list, not raised. `repeatable` and `wait_ms` apply to each
        request, as in `call`.

        Raises, from disquectl.client.pipeline, LostInFlight (an OutcomeUnknown) when the connection broke, or
        NotAllSent (a ConnectionFailed) when no seed could be reached for the rest; both have the `replies` so
        far, and `sent`, the number of requests of which some may have been carried out. Raises NoAnswer where
        all are repeatable.
        """
        from disquectl.client.pipeline import call_many

        return call_many(self._transport, requests, repeatable=repeatable, wait_ms=wait_ms)

    def pipeline(self, wait_ms: int | None = 0) -> Pipeline:
        """Return a context manager that collects requests and sends them together when its block ends.

            with client.pipeline() as p:
                p.call("QLEN", "mail")
                p.call("QLEN", "sms")
            print(p.replies)

        `wait_ms` is as in `call`. Leaving the block raises what `call_many` raises.
        """
        from disquectl.client.pipeline import Pipeline

        return Pipeline(self._transport, wait_ms)
