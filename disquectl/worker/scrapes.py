"""Answers the scrapes of Prometheus in the worker's loop: no thread, and nothing that blocks."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from disquectl.errors import DataError
from disquectl.worker.poller import READ, WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from disquectl.worker.poller import Poller

_MOST_CONNECTIONS = 16
_LONGEST_REQUEST_BYTES = 8192
# A client that has not sent its request or read the answer by then is disconnected.
_PATIENCE_SECONDS = 5.0
_CHUNK_BYTES = 65536
_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises DataError if the address cannot be used."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_MOST_CONNECTIONS)
    except OSError as problem:
        made.close()
        raise DataError(f"cannot listen on {host}:{port}: {problem.strerror or problem}") from None
    made.setblocking(False)
    return made


class Scrapes:
    """Answers at the socket: /metrics with `metrics()`, /-/healthy, and 404 for anything else."""

    def __init__(self, listening: socket.socket, poller: Poller, metrics: Callable[[], str]) -> None:
        self._listening = listening
        self._poller = poller
        self._metrics = metrics
        self._connections: list[_Connection] = []
        poller.set(listening.fileno(), READ, self._accept)

    def tick(self, now: float) -> None:
        """Disconnect clients that take too long."""
        for connection in [one for one in self._connections if now >= one.until]:
            connection.close()

    def close(self) -> None:
        """Close all sockets."""
        for connection in self._connections[:]:
            connection.close()
        self._poller.drop(self._listening.fileno())
        self._listening.close()

    def _accept(self, _events: int) -> None:
        # The client may be gone already.
        with suppress(OSError):
            accepted, _ = self._listening.accept()
            if len(self._connections) >= _MOST_CONNECTIONS:
                accepted.close()
                return
            accepted.setblocking(False)
            self._connections.append(
                _Connection(accepted, self._poller, self._answer_to, self._connections.remove)
            )

    def _answer_to(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method not in (b"GET", b"HEAD"):
            answer = _answer("405 Method Not Allowed", "only GET and HEAD\n")
        elif path == b"/metrics":
            answer = _answer("200 OK", self._metrics(), _TEXT_FORMAT)
        elif path == b"/-/healthy":
            answer = _answer("200 OK", "ok\n")
        else:
            answer = _answer("404 Not Found", "/metrics has the metrics\n")
        return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == b"HEAD" else answer


class _Connection:
    """One request and its answer. Calls `closed(self)` at its end."""

    def __init__(
        self,
        connected: socket.socket,
        poller: Poller,
        answer_to: Callable[[bytes], bytes],
        closed: Callable[[_Connection], object],
    ) -> None:
        self.until = time.monotonic() + _PATIENCE_SECONDS
        self._socket = connected
        self._poller = poller
        self._answer_to = answer_to
        self._closed = closed
        self._request = b""
        self._answer = b""
        poller.set(connected.fileno(), READ, self._read)

    def close(self) -> None:
        """Close it."""
        self._poller.drop(self._socket.fileno())
        self._socket.close()
        self._closed(self)

    def _read(self, _events: int) -> None:
        try:
            data = self._socket.recv(_LONGEST_REQUEST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._request += data
        if not data or len(self._request) > _LONGEST_REQUEST_BYTES:
            self.close()
        elif b"\r\n\r\n" in self._request:
            self._answer = self._answer_to(self._request)
            self._poller.set(self._socket.fileno(), WRITE, self._write)

    def _write(self, _events: int) -> None:
        try:
            sent = self._socket.send(self._answer[:_CHUNK_BYTES])
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._answer = self._answer[sent:]
        if not self._answer:
            self.close()


def _answer(status: str, body: str, content_type: str = "text/plain") -> bytes:
    data = body.encode("utf-8", "backslashreplace")
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + data
