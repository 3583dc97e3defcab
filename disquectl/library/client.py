"""`Client`: the class that `from disquectl import Client` gives.

It has a transport, which it does not show, and a method for each command (client/*_commands.py).
help/python.md lists what corresponds to the methods of pydisque and cl-disque.
"""

from __future__ import annotations

from disquectl.client.commands import Sends
from disquectl.client.connection_factory import ConnectionFactory
from disquectl.client.direct_commands import DirectCommands
from disquectl.client.job_commands import JobCommands
from disquectl.client.pinned_transport import PinnedTransport
from disquectl.client.queue_commands import QueueCommands
from disquectl.client.server_commands import ServerCommands
from disquectl.errors import UsageError
from disquectl.library.options import check_options
from disquectl.library.read_only import refuse_changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import TracebackType
    from typing import Any, Self, TypedDict, Unpack

    from disquectl.client.address import Node
    from disquectl.client.commands import Value
    from disquectl.client.failover import Seeds
    from disquectl.client.job_commands import Name
    from disquectl.client.pipeline import Pipeline
    from disquectl.client.tls import Tls
    from disquectl.client.tracing import Tracer
    from disquectl.library.job import Job
    from disquectl.protocol.records import Hello
    from disquectl.protocol.resp import AnyWord, Reply

    class Options(TypedDict, total=False):
        """The options of `Client`."""

        password: str | bytes | None
        connect_timeout: float
        response_timeout: float | None
        tracer: Tracer | None
        tls: Tls | None
        notice: Callable[[str], object] | None
        read_only: bool

    class OptionsAndNodes(Options, total=False):
        """The same, and its nodes."""

        nodes: Seeds


class Client(Sends, JobCommands, QueueCommands, ServerCommands, DirectCommands):
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
        read_only: bool = False,
    ) -> None:
        """Keep the settings; nothing is connected yet.

        `nodes`: the seeds in order, as comma-separated text, ("host", port), or a list of these. Timeouts are
        seconds: `connect_timeout` for each address of a node, `response_timeout` for one whole reply, None
        for no limit. `tracer` sees the traffic (disquectl.Tracer), `notice` is called with each warning,
        `tls` (disquectl.client.tls.Tls) turns TLS on. `read_only` refuses, by UsageError, each command that
        could change the cluster.

        Raises UsageError for nodes that are not addresses, and for other settings that are wrong.
        """
        options: dict[str, Any] = {
            "password": password,
            "connect_timeout": connect_timeout,
            "response_timeout": response_timeout,
            "tracer": tracer,
            "tls": tls,
            "notice": notice,
        }
        check_options(options)
        self._transport: PinnedTransport = PinnedTransport(nodes, ConnectionFactory(**options))
        self._check = refuse_changes if read_only else None
        self._request = self._checked_request if read_only else self._transport.request

    @classmethod
    def from_url(cls, url: str, **options: Unpack[Options]) -> Self:
        """Return a client for `disque://[:password@]host[:port][,host[:port]...]`, `disques://` for TLS.

        `options` are those of `Client` but `nodes`, and override what the URL says. Raises UsageError for a
        wrong URL.
        """
        from disquectl.library.settings import from_url

        if "nodes" in options:
            raise UsageError("a URL names the nodes", "Use Client(nodes, ...) for others.")
        return cls(**{**from_url(url), **options})

    @classmethod
    def from_env(
        cls, profile: str | None = None, *, config: str | None = None, **options: Unpack[OptionsAndNodes]
    ) -> Self:
        """Return a client with the settings that a command would have: environment, profile, defaults.

        DISQUE_NODES or DISQUE_URL, and DISQUE_PASSWORD, override the profile: that of `profile`, of
        DISQUE_PROFILE, or the default one of the config file. `config` is the path of the config file. Where
        the settings are read-only, so is the client. `options` are those of `Client`, and override all; the
        password and the TLS of a profile are not used for other `nodes`.

        Warnings go to `notice`. Raises UsageError or DataError for settings that are wrong or cannot be read.
        """
        from disquectl.library.settings import from_environment

        arguments, warnings = from_environment(profile, config, options.get("nodes"))
        client = cls(**{**arguments, **options})
        notice = options.get("notice")
        if notice is not None:
            for warning in warnings:
                notice(warning)
        return client

    def __repr__(self) -> str:
        """The seeds and the node that is connected; never the password."""
        nodes = ",".join(map(str, self.nodes))
        node = self.node
        state = "not connected" if node is None else f"connected to {node}"
        if str(node) == nodes:
            state = "connected"
        return f"<disquectl.Client {nodes!r}, {state}>"

    def _carry_out(
        self,
        words: tuple[AnyWord, ...],
        value_of: Callable[[Reply], Value],
        repeatable: bool,
        wait_ms: int | None,
        failover: bool,
    ) -> Value:
        return value_of(self._request(words, repeatable, wait_ms, failover))

    def _checked_request(
        self,
        words: tuple[AnyWord, ...],
        repeatable: bool = False,
        wait_ms: int | None = 0,
        failover: bool = True,
        last_words: bool = False,
    ) -> Reply:
        refuse_changes(words)
        return self._transport.request(words, repeatable, wait_ms, failover, last_words)

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

    def verify(self) -> Hello:
        """Check that a Disque answers, and return its HELLO as `hello` does; once for each connection.

        For use before commands that other servers have too. A node that is still loading its file gives a
        record with "" for its node and no nodes. Raises NotDisque, which names a Redis as such, and what
        `call` raises.
        """
        hello: Any = self._transport.verify()
        found: Hello = hello
        return found

    def jobs(self, *queues: Name, idle: float | None = None, count: int = 1) -> Generator[Job, None, None]:
        """Take jobs one after the other, without end or until there was none for `idle` seconds.

            for job in client.jobs("mail", "sms"):
                with job:
                    send(job.json())

        The `with` block acknowledges the job at its end and gives it back where it raises; see Job. Earlier
        queues go first. `idle=0` takes what the connected node has queued now.

        `count`: how many jobs a request may take, up to 1000. Those that wait for their turn are kept by
        WORKING, no more are taken than can begin within a third of a second, and leaving the loop gives them
        back. One that was not kept long enough, because the job before it took too long, is not handed out.
        Jobs with RETRY 0 cannot be given back, so they are taken one by one as soon as there is one.

        Where a connection breaks or its node leaves the cluster, it goes on at the next seed. A loop is for
        the process that began it, and for one thread at a time, as the client is.

        Raises ConnectionFailed if no seed can be reached, UsageError or TypeError for wrong arguments, and
        what `call` raises.
        """
        from disquectl.library import jobs

        if self._check is not None:
            self._check(("GETJOB",))
        names = jobs.checked(queues, idle, count)
        return jobs.taken_jobs(self._transport, names, idle, count)

    def call(
        self, *words: AnyWord, repeatable: bool = False, wait_ms: int | None = 0, failover: bool = True
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
        self, requests: Iterable[Iterable[AnyWord]], *, repeatable: bool = False, wait_ms: int | None = 0
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

        some = []
        for words in requests:
            if isinstance(words, str | bytes | bytearray | memoryview):
                raise TypeError('a request is a tuple of words, not text: ("QLEN", "mail")')
            some.append(tuple(words))
        if self._check is not None:
            for words in some:
                self._check(words)
        return call_many(self._transport, some, repeatable=repeatable, wait_ms=wait_ms)

    def pipeline(self, wait_ms: int | None = 0) -> Pipeline:
        """Return a context manager that collects requests and sends them together when its block ends.

            with client.pipeline() as p:
                p.addjob("mail", "hello")
                p.qlen("mail")
            print(p.replies)

        `wait_ms` is as in `call`. Leaving the block raises what `call_many` raises.
        """
        from disquectl.client.pipeline import Pipeline

        return Pipeline(self._transport, wait_ms, self._check)
