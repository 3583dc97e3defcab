"""Opens connections, and nothing else does: `ConnectAttempt`, which never waits, and `open_connection`.

An attempt tries the addresses of one node in order, with the TLS handshake where TLS is on. Names are looked
up at once, for as long as the timeout allows. It must not know passwords or requests.
"""

from __future__ import annotations

import _socket as socket
import _thread
import errno
import select
import sys
import time

from disquectl.client.connection import Connection, Unreachable, is_callers, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.client.connection import Wire
    from disquectl.client.tls import Handshake, Tls

    Address: TypeAlias = tuple[object, ...] | str
    Found: TypeAlias = tuple[int, object, object, str, Address]


def open_connection(
    node: Node, connect_timeout: float, wire: Wire | None = None, tls: Tls | None = None
) -> Connection:
    """Connect to a node, trying each address of its name; the timeout in seconds is for each of them.

    Raises Unreachable with the reason.
    """
    attempt = ConnectAttempt(node, connect_timeout, wire, tls)
    try:
        while True:
            poll = select.poll()
            poll.register(attempt.fileno(), attempt.events)
            if not poll.poll(max(attempt.deadline - time.monotonic(), 0) * 1000):
                attempt.expired()
            elif connection := attempt.advance():
                return connection
    except BaseException:
        attempt.close()
        raise


class ConnectAttempt:
    """An attempt that is under way.

    `deadline`, in monotonic seconds, is that of the address being tried: the timeout is for connecting, and
    once more for the TLS handshake. `events` are the events to poll for. Making an attempt raises Unreachable
    when no address can be tried.
    """

    __slots__ = (
        "_handshake",
        "_left",
        "_node",
        "_reason",
        "_socket",
        "_timeout",
        "_tls",
        "_wire",
        "deadline",
        "events",
    )

    def __init__(self, node: Node, timeout: float, wire: Wire | None, tls: Tls | None = None) -> None:
        self._node = node
        self._timeout = timeout
        self._wire = wire
        self._tls = tls
        self._left = addresses(node, timeout)
        self._reason = "the name has no address"
        self._socket: socket.socket
        self._handshake: Handshake | None
        self._begin()

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno() if self._handshake is None else self._handshake.fileno()

    def advance(self) -> Connection | None:
        """Go on after the descriptor became ready; return the connection, or None where it is not open yet.

        Raises Unreachable after the last address.
        """
        if self._handshake is None:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._next(reason_of(OSError(code, "")))
                return None
            _tune(self._socket)
            if self._tls is None:
                return Connection(self._socket, self._node, wire=self._wire)
            self._handshake = self._tls.begin(self._socket, self._node)
            self.deadline = time.monotonic() + self._timeout
        self.events = self._handshake.advance()
        if self._handshake.problem:
            self._next(self._handshake.problem)
        elif not self.events:
            return self._handshake.connection(self._node, self._wire)
        return None

    def expired(self) -> None:
        """The deadline has passed: try the next address. Raises Unreachable after the last one."""
        if self._handshake is None:
            self._next(f"no connection within {self._timeout:g}s")
        else:
            self._next("TLS: the handshake took too long: does it speak TLS?")

    def close(self) -> None:
        """Give up."""
        self._socket.close()
        if self._handshake is not None:
            self._handshake.close()

    def _next(self, reason: str) -> None:
        self._reason = reason
        self.close()
        self._begin()

    def _begin(self) -> None:
        self._handshake = None
        self.events = select.POLLOUT
        while self._left:
            family, address = self._left.pop(0)
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            try:
                code = self._socket.connect_ex(address)
            except OSError as problem:  # an invalid address, such as a path that is too long
                if is_callers(problem):
                    self._socket.close()
                    raise
                code, self._reason = -1, reason_of(problem)
            if code in (0, errno.EINPROGRESS):
                self.deadline = time.monotonic() + self._timeout
                return
            if code > 0:
                self._reason = reason_of(OSError(code, ""))
            self._socket.close()
        raise Unreachable(self._reason)


def addresses(node: Node, timeout: float) -> list[tuple[int, Address]]:
    """The families and addresses of a node's name, to be tried in order. Raises Unreachable.

    `timeout` in seconds.
    """
    if node.path:
        return [(socket.AF_UNIX, node.path)]
    try:
        found = _look_up(node.host, node.port, timeout)
    except (OSError, UnicodeError) as problem:
        if isinstance(problem, OSError) and is_callers(problem):
            raise
        reason = reason_of(problem) if isinstance(problem, OSError) else "not a host name"
        raise Unreachable(f"the name is not found ({reason})") from None
    return [(family, address) for family, _, _, _, address in found]


def _look_up(name: str, port: int, timeout: float) -> Sequence[Found]:
    """As getaddrinfo, which heeds no signal while a name server does not answer: so it has a thread."""
    # Bytes go to the resolver as they are; text is put through the idna codec, which takes long to load.
    host: str | bytes = name.encode("ascii") if name.isascii() else name
    if ":" in name or name.replace(".", "").isdigit():
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[Sequence[Found] | Exception] = []
    is_done = _thread.allocate_lock()
    is_done.acquire()

    def look_up() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as problem:  # raised where it is waited for
            found.append(problem)
        finally:
            is_done.release()

    _thread.start_new_thread(look_up, ())
    if not is_done.acquire(timeout=timeout):
        raise Unreachable(f"the name is not found (no answer within {timeout:g}s)")
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _tune(sock: socket.socket) -> None:
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
