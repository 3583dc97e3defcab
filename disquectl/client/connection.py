"""One socket to one node: bytes out, whole replies in, and exactly what became of a request when it broke.

The only place that opens connections. It never sends anything again and knows neither commands nor seeds.
The socket blocks, with its timeouts kept in the kernel (SO_RCVTIMEO, SO_SNDTIMEO): Python's own would cost
a poll for each call. After any failure, and after Ctrl-C, the connection is closed and of no more use.

What is done for every call is written for speed: a function that an attribute holds is fetched before it is
called (Python 3.11 is slow at both in one), and what need not be done before sending is done between sending
and receiving, while the node is at work.
"""

from __future__ import annotations

# The C half of `socket`: the enums and selectors of the rest take a quarter of the time of a whole call.
import _socket as socket
import os
import select
import sys
import time

from disquectl.protocol.resp import MAX_REPLY_BYTES, NEED_DATA, NeedData, Parser, ProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.tls import Tls, Tunnel
    from disquectl.protocol.resp import Reply

    Address: TypeAlias = tuple[object, ...] | str

    class Wire(Protocol):
        """Who wants to see the bytes of a connection."""

        def sent(self, data: bytes | memoryview) -> None:
            """Some bytes, as they go out."""

        def received(self, data: bytes) -> None:
            """Some bytes, as they came in."""

        def closed(self) -> None:
            """The connection is at its end."""


_CHUNK_BYTES = 65536
_LONG_BYTES = (sys.maxsize.bit_length() + 1) // 8
_LARGEST_CHUNK_BYTES = 4 << 20
# The modules that call sockets themselves, by which their failures are told from those of signal handlers.
_SOCKET_CALLERS = {__name__, "disquectl.client.connect_async", "disquectl.client.tls", "socket", "ssl"}


class Unreachable(Exception):
    """The node could not be connected to; the text is the reason."""


class Broken(Exception):
    """The connection ended; the text is the reason.

    `handed_over`: how many bytes of the request the kernel took; None: all of them. `early`: a reply that
    was there although the request was not all sent (a refusal), or None.
    """

    def __init__(self, reason: str, handed_over: int | None = None, early: Reply = None) -> None:
        super().__init__(reason)
        self.handed_over = handed_over
        self.early = early


class TimedOut(Exception):
    """The reply was not there, or not whole, when its time was over."""


class _Process:
    """The process that runs this: `life` is another object in each process that is forked from it.

    Asking the kernel for the number of the process would be one more call of it for each request.
    """

    __slots__ = ("life",)

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Be a process of its own."""
        self.life = object()


_PROCESS = _Process()


def reason_of(problem: OSError) -> str:
    """What the system says of a failure, in lower case, without numbers and addresses."""
    if problem.errno and not isinstance(problem, socket.gaierror):
        return os.strerror(problem.errno).lower()
    return (problem.strerror or str(problem)).lower()


def is_callers(problem: BaseException) -> bool:
    """Whether a failure of a socket call is none: a signal handler of the caller raised it meanwhile.

    What the system reports comes from the call itself; a handler has a frame of its own.
    """
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") not in _SOCKET_CALLERS


class Connection:
    """An open connection; made by `open_connection`.

    `replied`: a valid reply has come on it, so what answers speaks RESP. `busy`: something was sent, and not
    all of what it asks for has come; who reads replies in quantity says when it has (`receive_ready`).
    """

    __slots__ = (
        "_life",
        "_parser",
        "_poll",
        "_receive_timeout",
        "_recv",
        "_send",
        "_socket",
        "_tunnel",
        "busy",
        "node",
        "replied",
        "wire",
    )

    def __init__(
        self,
        sock: socket.socket,
        node: Node,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        wire: Wire | None = None,
        tunnel: Tunnel | None = None,
    ) -> None:
        sock.settimeout(None)
        self._socket = sock
        self._tunnel = tunnel
        self._send = sock.send
        self._recv = sock.recv
        self._parser = Parser(max_reply_bytes)
        self._receive_timeout: float | None = None
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        self._poll = poll.poll
        self._life: object = _PROCESS.life
        self.node = node
        self.busy = False
        self.replied = False
        self.wire = wire

    def is_stale(self) -> bool:
        """Whether it waits for nothing and must not be used any more.

        It has ended, got something unasked, or belongs to the process that this one was forked from.
        """
        poll = self._poll
        if self.busy:
            return False
        if self._parser.pending_bytes or poll(0):
            return True
        return self._life is not _PROCESS.life

    def set_send_timeout(self, seconds: float | None) -> None:
        """How long the node may not take any bytes at all while it is sent to; None is for ever."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(seconds))

    def send(self, data: bytes) -> None:
        """Hand it all to the kernel. Raises Broken, which says how much of it was."""
        self.busy = True
        total, send, wire = 0, self._send, self.wire
        if wire is not None:
            wire.sent(data)
        try:
            total = send(data)
            while total < len(data):
                total += send(memoryview(data)[total:])
        except OSError as problem:
            if is_callers(problem):
                self.close()
                raise
            full = isinstance(problem, BlockingIOError)
            reason = "it takes no more of the request" if full else reason_of(problem)
            early = self._early_reply()
            self.close()
            raise Broken(reason, total, early) from None
        except BaseException:
            self.close()
            raise

    def _early_reply(self) -> Reply:
        # Disque refuses a request that is too long while it is still being sent, and closes.
        try:
            self._parser.feed(self._socket.recv(_CHUNK_BYTES, socket.MSG_DONTWAIT))
            value = self._parser.next_value()
        except (OSError, ProtocolError):
            return None
        return None if isinstance(value, NeedData) else value

    def receive(self, timeout: float | None) -> Reply:
        """The next reply, an error reply as a value; `timeout` seconds for the whole of it, None is for ever.

        Raises Broken, TimedOut or ProtocolError.
        """
        begun, left, parser = time.monotonic(), timeout, self._parser
        try:
            value = parser.next_value() if parser.pending_bytes else NEED_DATA
            while value is NEED_DATA:
                self._receive_some(left)
                value = parser.next_value()
                if value is NEED_DATA and timeout is not None:
                    left = begun + timeout - time.monotonic()
                    if left <= 0:
                        raise TimedOut
        except BaseException:
            self.close()
            raise
        self.replied = True
        self.busy = False
        return value  # type: ignore[return-value]  # it is not NEED_DATA: mypy does not see that by `is`

    def _receive_some(self, timeout: float | None) -> None:
        parser, recv, wire = self._parser, self._recv, self.wire
        batch = _CHUNK_BYTES
        if parser.pending_bytes > batch:
            # Larger portions for a reply that is already large: it is then searched a few times only.
            batch = min(parser.pending_bytes, _LARGEST_CHUNK_BYTES)
        try:
            if timeout != self._receive_timeout:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(timeout))
                self._receive_timeout = timeout
            data = recv(batch)
        except OSError as problem:
            if is_callers(problem):
                raise
            if isinstance(problem, BlockingIOError):
                raise TimedOut from None
            raise Broken(self._reason(reason_of(problem))) from None
        if not data:
            raise Broken(self._reason("closed by the node"))
        if wire is not None:
            wire.received(data)
        parser.feed(data)

    def fileno(self) -> int:
        """The descriptor, for who watches several connections; -1 once it is closed."""
        return self._socket.fileno()

    def send_some(self, data: memoryview) -> int:
        """Hand over what there is room for now; how many bytes that was. Raises Broken.

        With `receive_ready` it keeps many requests in flight where neither side can block the other. What
        came before it broke can still be read.
        """
        self.busy = True
        try:
            taken = self._socket.send(data, socket.MSG_DONTWAIT)
        except OSError as problem:
            if is_callers(problem):
                raise
            if isinstance(problem, BlockingIOError):
                return 0
            raise Broken(reason_of(problem)) from None
        if self.wire is not None:
            self.wire.sent(data[:taken])
        return taken

    def receive_ready(self, replies: list[Reply]) -> int:
        """Read what has come and add the replies that are whole by now; how many were added.

        Raises Broken or ProtocolError.
        """
        before = len(replies)
        try:
            self._receive_some(self._receive_timeout)
            self._parser.take_all(replies)
        except BaseException:
            self.close()
            raise
        finally:
            self.replied = self.replied or len(replies) > before
        return len(replies) - before

    @property
    def closed(self) -> bool:
        """Whether it was closed on this side, by `close` or after a failure."""
        return self._socket.fileno() < 0

    def close(self) -> None:
        """Close it; closing twice does nothing."""
        if not self.closed:
            self._life = None
            self.busy = False
            self._socket.close()
            if self._tunnel is not None:
                self._tunnel.finish()
            if self.wire is not None:
                self.wire.closed()

    def _reason(self, reason: str) -> str:
        """Why it ended: a tunnel knows better."""
        return (self._tunnel and self._tunnel.reason) or reason


def _timeval(seconds: float | None) -> bytes:
    # The kernel takes 0 for "for ever", so what is left of a timeout is never rounded down to it.
    microseconds = 0 if seconds is None else max(int(seconds * 1_000_000), 1000)
    return b"".join(part.to_bytes(_LONG_BYTES, sys.byteorder) for part in divmod(microseconds, 1_000_000))


def open_connection(
    node: Node,
    connect_timeout: float,
    max_reply_bytes: int = MAX_REPLY_BYTES,
    wire: Wire | None = None,
    tls: Tls | None = None,
) -> Connection:
    """Connect to a node, trying each address of its name; the timeout in seconds is for each of them.

    Raises Unreachable with the reason.
    """
    reason = "the name has no address"
    for family, address in addresses(node):
        try:
            sock = _connect(family, address, connect_timeout)
            tunnel = tls.through(sock, node, connect_timeout) if tls else None
            if tunnel is not None:
                if not tunnel.is_secure():
                    reason = tunnel.reason
                    continue
                sock = tunnel.inside
            return Connection(sock, node, max_reply_bytes, wire, tunnel)
        except OSError as problem:
            if is_callers(problem):
                raise
            late = isinstance(problem, TimeoutError)
            reason = f"no connection within {connect_timeout:g}s" if late else reason_of(problem)
    raise Unreachable(reason)


def addresses(node: Node) -> list[tuple[int, Address]]:
    """The families and addresses of a node's name, to be tried in order. Raises Unreachable."""
    if node.path:
        return [(socket.AF_UNIX, node.path)]
    # Bytes go to the resolver as they are; text is put through the idna codec, which takes long to load.
    host: str | bytes = node.host.encode("ascii") if node.host.isascii() else node.host
    try:
        found = socket.getaddrinfo(host, node.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        if isinstance(problem, OSError) and is_callers(problem):
            raise
        reason = reason_of(problem) if isinstance(problem, OSError) else "not a host name"
        raise Unreachable(f"the name is not found ({reason})") from None
    return [(family, address) for family, _, _, _, address in found]


def _connect(family: int, address: Address, timeout: float) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(address)
        tune(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def tune(sock: socket.socket) -> None:
    """Send small requests at once, and notice a node that has vanished."""
    if sock.family == socket.AF_UNIX:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        # After two minutes; the system's default is two hours.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
