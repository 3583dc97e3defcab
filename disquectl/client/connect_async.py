"""Connecting without waiting: one attempt at a node, address by address, for who has many to reach at once.

Names are looked up at once, which may take as long as the system's resolver does. It knows neither passwords
nor requests; the caller watches the socket and the clock.
"""

from __future__ import annotations

import _socket as socket
import errno
import time

from disquectl.client.connection import Connection, Unreachable, addresses, is_callers, reason_of, tune

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.client.connection import Wire
    from disquectl.client.tls import Tls


class ConnectAttempt:
    """An attempt that is under way. `deadline`, in monotonic seconds, is that of the address being tried.

    Making one raises Unreachable when no address can even be begun with.
    """

    __slots__ = ("_left", "_node", "_reason", "_socket", "_timeout", "_tls", "_wire", "deadline")

    def __init__(self, node: Node, timeout: float, wire: Wire | None, tls: Tls | None = None) -> None:
        self._node = node
        self._timeout = timeout
        self._wire = wire
        self._tls = tls
        self._left = addresses(node)
        self._reason = "the name has no address"
        self._socket: socket.socket
        self._begin()

    def fileno(self) -> int:
        """What becomes writable when the attempt is decided."""
        return self._socket.fileno()

    def decided(self) -> Connection | None:
        """Look at an attempt that is decided: the connection, or None where the next address is tried.

        Raises Unreachable after the last address.
        """
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._next(reason_of(OSError(code, "")))
            return None
        tune(self._socket)
        if self._tls is None:
            return Connection(self._socket, self._node, wire=self._wire)
        # The handshake goes on behind the plain end; where it fails that end is closed.
        tunnel = self._tls.through(self._socket, self._node, self._timeout)
        return Connection(tunnel.inside, self._node, wire=self._wire, tunnel=tunnel)

    def expired(self) -> None:
        """The deadline has passed: go on to the next address. Raises Unreachable after the last one."""
        self._next(f"no connection within {self._timeout:g}s")

    def close(self) -> None:
        """Give up."""
        self._socket.close()

    def _next(self, reason: str) -> None:
        self._reason = reason
        self._socket.close()
        self._begin()

    def _begin(self) -> None:
        while self._left:
            family, address = self._left.pop(0)
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            try:
                code = self._socket.connect_ex(address)
            except OSError as problem:  # an address that cannot be one, such as a path that is too long
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
