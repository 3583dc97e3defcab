"""`Connection`: one socket to one node. It sends bytes and returns complete replies.

When the connection breaks, it reports how much of a request was handed to the kernel. It never sends anything
again, and must not know commands or seeds. The socket blocks, with its timeouts in the kernel (SO_RCVTIMEO,
SO_SNDTIMEO): Python's own would cost a poll for each call. After any failure, and after Ctrl-C, it is closed.

What is done for every call is written for speed: a function in an attribute is fetched before it is called
(Python 3.11 is slow at both in one), and what is not needed before sending is done between sending and
receiving, while the node works.
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
    from collections.abc import Callable
    from typing import Protocol

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply

    class Wire(Protocol):
        """Observes the raw bytes of a connection."""

        def sent(self, data: bytes | memoryview) -> None:
            """Called with bytes that are sent."""

        def received(self, data: bytes) -> None:
            """Called with bytes that were received."""

        def closed(self) -> None:
            """Called when the connection is closed."""


_CHUNK_BYTES = 65536
_LONG_BYTES = (sys.maxsize.bit_length() + 1) // 8
_LARGEST_CHUNK_BYTES = 4 << 20
# The modules that call sockets themselves, by which their failures are told from those of signal handlers.
_SOCKET_CALLERS = {__name__, "disquectl.client.connecting", "disquectl.client.tls", "socket", "ssl"}


class Unreachable(Exception):
    """The node could not be connected to; the text is the reason."""


class Broken(Exception):
    """The connection ended; the text is the reason.

    `handed_over`: how many bytes of the request the kernel took; None: all of them. `early`: a reply that
    came although the request was not sent completely (a refusal), or None.
    """

    def __init__(self, reason: str, handed_over: int | None = None, early: Reply = None) -> None:
        super().__init__(reason)
        self.handed_over = handed_over
        self.early = early


class TimedOut(Exception):
    """The reply did not come, or not completely, within its timeout."""


class _Process:
    """Identifies the running process: `life` is another object in each process that is forked from it.

    os.getpid() would be one more system call for each request.
    """

    __slots__ = ("life",)

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Called in a new process."""
        self.life = object()


_PROCESS = _Process()


def current_process() -> object:
    """Return what identifies the running process: another object after a fork."""
    return _PROCESS.life


def reason_of(problem: OSError) -> str:
    """The system's message for a failure, in lower case, without numbers and addresses."""
    if problem.errno and not isinstance(problem, socket.gaierror):
        return os.strerror(problem.errno).lower()
    return (problem.strerror or str(problem)).lower()


def is_callers(problem: BaseException) -> bool:
    """Whether a failure was raised by a signal handler of the caller during a socket call.

    What the system reports is raised by the call itself; a handler has another frame.
    """
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") not in _SOCKET_CALLERS


class Connection:
    """An open connection; made by `disquectl.client.connecting`. TlsConnection overrides the socket calls.

    `replied`: a valid reply has come on it, so the server speaks RESP. `busy`: something was sent, and not
    all replies to it have come; the callers of `receive_ready` reset it.
    """

    __slots__ = (
        "_life",
        "_parser",
        "_poll",
        "_receive_timeout",
        "_recv",
        "_send",
        "_socket",
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
    ) -> None:
        sock.settimeout(None)
        self._socket = sock
        self._send: Callable[[bytes | memoryview], int] = sock.send
        self._recv: Callable[[int], bytes] = sock.recv
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
        """Whether it is idle and must not be used: it has ended, received something that was not asked for,
        or belongs to the process that this one was forked from.
        """
        poll = self._poll
        if self.busy:
            return False
        if self._parser.pending_bytes or poll(0):
            return True
        return self._life is not _PROCESS.life

    @property
    def is_inherited(self) -> bool:
        """Whether it is closed, or belongs to the process that this one was forked from."""
        return self._life is not _PROCESS.life

    def set_send_timeout(self, seconds: float | None) -> None:
        """Break a request of which the node takes no bytes for this long; None is no limit."""
        self._set_timeout(socket.SO_SNDTIMEO, seconds)

    def send(self, data: bytes) -> None:
        """Hand all of it to the kernel. Raises Broken, which says how much of it was."""
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
            reason = "it takes no more of the request" if full else self._reason(problem)
            early = self._early_reply()
            self.close()
            raise Broken(reason, total, early) from None
        except BaseException:
            self.close()
            raise

    def _early_reply(self) -> Reply:
        # Disque refuses a request that is too long while it is still being sent, and closes.
        try:
            self._parser.feed(self._receive_now(_CHUNK_BYTES))
            value = self._parser.next_value()
        except (OSError, ProtocolError):
            return None
        return None if isinstance(value, NeedData) else value

    def receive(self, timeout: float | None) -> Reply:
        """Return the next reply; an error reply is returned, too.

        `timeout` is for the complete reply, in seconds; None is no limit. Raises Broken, TimedOut or
        ProtocolError.
        """
        begun, left, parser = time.monotonic(), timeout, self._parser
        try:
            value = parser.next_value() if parser.pending_bytes else NEED_DATA
            while value is NEED_DATA:
                self._receive_some(self._recv, left)
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

    def _receive_some(self, recv: Callable[[int], bytes], timeout: float | None) -> None:
        parser, wire = self._parser, self.wire
        size = _CHUNK_BYTES
        if parser.pending_bytes > size:
            # Larger chunks for a reply that is already large: it is then searched only a few times.
            size = min(parser.pending_bytes, _LARGEST_CHUNK_BYTES)
        try:
            if timeout != self._receive_timeout:
                self._set_timeout(socket.SO_RCVTIMEO, timeout)
                self._receive_timeout = timeout
            data = recv(size)
        except OSError as problem:
            if is_callers(problem):
                raise
            if isinstance(problem, BlockingIOError):
                raise TimedOut from None
            raise Broken(self._reason(problem)) from None
        if not data:
            raise Broken("closed by the node")
        if wire is not None:
            wire.received(data)
        parser.feed(data)

    def fileno(self) -> int:
        """The descriptor to poll; -1 once it is closed."""
        return self._socket.fileno()

    def send_some(self, data: memoryview) -> int:
        """Hand over the bytes that there is room for now; return how many. Raises Broken.

        With `receive_ready` it keeps many requests in flight where neither side can block the other. Replies
        that came before it broke can still be read.
        """
        self.busy = True
        try:
            taken = self._send_now(data)
        except OSError as problem:
            if is_callers(problem):
                raise
            if isinstance(problem, BlockingIOError):
                return 0
            raise Broken(self._reason(problem)) from None
        if self.wire is not None:
            self.wire.sent(data[:taken])
        return taken

    def receive_ready(self, replies: list[Reply]) -> int:
        """Read what has come and append the replies that are complete; return how many were appended.

        Raises Broken or ProtocolError.
        """
        before = len(replies)
        try:
            self._receive_some(self._receive_now, self._receive_timeout)
            self._parser.take_all(replies)
        except TimedOut:  # there was nothing, or a part of a TLS record
            return 0
        except BaseException:
            self.close()
            raise
        finally:
            self.replied = self.replied or len(replies) > before
        return len(replies) - before

    def receive_bytes(self) -> bytes:
        """Read what has come, for a caller that does not want it parsed; b"" if there is nothing.

        Nothing may have been received on it by the other methods before, except complete replies. Raises
        Broken.
        """
        try:
            data = self._receive_now(_CHUNK_BYTES)
        except OSError as problem:
            if is_callers(problem):
                raise
            if isinstance(problem, BlockingIOError):
                return b""
            raise Broken(self._reason(problem)) from None
        if not data:
            raise Broken("closed by the node")
        if self.wire is not None:
            self.wire.received(data)
        return data

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
            if self.wire is not None:
                self.wire.closed()

    # What TlsConnection does in another way

    def _set_timeout(self, option: int, seconds: float | None) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, option, _timeval(seconds))

    def _send_now(self, data: memoryview) -> int:
        """Send without waiting. Raises BlockingIOError where there is no room."""
        return self._socket.send(data, socket.MSG_DONTWAIT)

    def _receive_now(self, size: int) -> bytes:
        """Receive without waiting. Raises OSError where there is nothing."""
        return self._socket.recv(size, socket.MSG_DONTWAIT)

    def _reason(self, problem: OSError) -> str:
        return reason_of(problem)


def _timeval(seconds: float | None) -> bytes:
    # The kernel takes 0 for "no timeout", so what is left of a timeout is never rounded down to it.
    microseconds = 0 if seconds is None else max(int(seconds * 1_000_000), 1000)
    return b"".join(part.to_bytes(_LONG_BYTES, sys.byteorder) for part in divmod(microseconds, 1_000_000))
