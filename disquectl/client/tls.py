"""TLS: its settings, the handshake, and connections whose bytes are encrypted.

The node's certificate is verified, for the host that was asked for, unless `insecure`. Loaded only for TLS:
`ssl` takes half as long to load as the whole of a call without it. It must not know RESP or commands.
"""

from __future__ import annotations

import _socket as socket
import select
import ssl
import time

from disquectl.client.connection import Connection, is_callers, reason_of
from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from disquectl.client.address import Node
    from disquectl.client.connection import Wire

# The most that fits into one TLS record. More must be received at once than that: what OpenSSL has decrypted
# and was not asked for does not make the socket readable.
_RECORD_BYTES = 16384

# What a certificate that is not accepted means, by OpenSSL's number for it.
_CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is signed by itself, and not trusted",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}
_ALERTS = {
    "CERTIFICATE_REQUIRED": "it asks for a client certificate (--cert)",
    "HANDSHAKE_FAILURE": "it does not agree to the handshake; it may ask for a client certificate (--cert)",
    "UNKNOWN_CA": "it does not know the authority of the client certificate",
    "BAD_CERTIFICATE": "it does not accept the client certificate",
    "CERTIFICATE_EXPIRED": "the client certificate has expired, it says",
}


class Tls:
    """The settings of TLS: files in PEM; without `cacert` the system's authorities are trusted."""

    __slots__ = ("_context",)

    def __init__(
        self,
        cacert: str | None = None,
        cert: str | None = None,
        key: str | None = None,
        insecure: bool = False,
    ) -> None:
        """Read the files. Raises DataError for one that cannot be read or is not what it should be."""
        try:
            context = ssl.create_default_context(cafile=cacert)
        except OSError as problem:
            raise _bad_file(cacert, "certificates", problem) from None
        if insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if cert is not None:
            try:
                context.load_cert_chain(cert, key, password=_no_passphrase)
            except OSError as problem:
                names = cert if key is None else f"{cert} and {key}"
                raise _bad_file(names, "certificate and key", problem) from None
        self._context = context

    def begin(self, sock: socket.socket, node: Node) -> Handshake:
        """Begin TLS on a connected non-blocking socket, which must not be used otherwise from now on."""
        return Handshake(
            self._context.wrap_socket(
                sock,  # type: ignore[arg-type]  # of the C half of `socket`, which has all that is used
                server_hostname=node.host or "localhost",
                do_handshake_on_connect=False,
            )
        )


def _no_passphrase() -> NoReturn:
    # OpenSSL would ask on the terminal, where none may be.
    raise DataError(
        "the key is encrypted with a passphrase", "decrypt it: openssl pkey -in KEY -out PLAIN_KEY"
    )


def _bad_file(path: str | None, what: str, problem: OSError) -> DataError:
    reason = f"it holds no {what} in PEM" if isinstance(problem, ssl.SSLError) else problem.strerror
    if isinstance(problem, ssl.SSLError) and problem.reason == "KEY_VALUES_MISMATCH":
        reason = "the key is not that of the certificate"
    return DataError(f"cannot use {path}: {reason}")


class Handshake:
    """The TLS handshake on a connected socket; it never waits. `problem` says why it failed, or is ""."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._socket = sock
        self.problem = ""

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._socket.fileno()

    def advance(self) -> int:
        """Go on; return the events to poll for, or 0 where the handshake is done or has failed."""
        try:
            self._socket.do_handshake()
        except ssl.SSLWantReadError:
            return select.POLLIN
        except ssl.SSLWantWriteError:
            return select.POLLOUT
        except ssl.SSLEOFError:
            self.problem = "TLS: it closed the connection at the handshake: does it speak TLS?"
        except ssl.SSLError as problem:
            self.problem = f"TLS: {_explained(problem)}"
        except OSError as problem:
            if is_callers(problem):
                raise
            self.problem = f"TLS: it closed the connection at the handshake ({reason_of(problem)})"
        return 0

    def connection(self, node: Node, wire: Wire | None) -> TlsConnection:
        """The connection after a handshake that succeeded."""
        return TlsConnection(self._socket, node, wire)

    def close(self) -> None:
        """Give up."""
        self._socket.close()


class TlsConnection(Connection):
    """A connection whose bytes are encrypted. Its socket does not block; it waits with poll.

    A record counts as handed over when the kernel has taken all of it: the node can do nothing with less.
    """

    __slots__ = ("_timeouts", "_tls")

    def __init__(self, sock: ssl.SSLSocket, node: Node, wire: Wire | None) -> None:
        super().__init__(sock, node, wire=wire)
        sock.setblocking(False)
        self._tls = sock
        self._timeouts: dict[int, float | None] = {}
        self._send = self._send_waiting
        self._recv = self._receive_waiting

    def is_stale(self) -> bool:
        """As without TLS; but a session ticket, which may come at any time, changes nothing."""
        if not super().is_stale():
            return False
        if self.is_inherited or self._parser.pending_bytes:
            return True
        try:
            self._tls.recv(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        return True

    def _set_timeout(self, option: int, seconds: float | None) -> None:
        self._timeouts[option] = seconds

    def _send_waiting(self, data: bytes | memoryview) -> int:
        record = memoryview(data)[:_RECORD_BYTES]
        deadline = self._deadline(socket.SO_SNDTIMEO)
        while True:
            try:
                return self._tls.send(record)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
                self._wait(wanted, deadline)

    def _receive_waiting(self, size: int) -> bytes:
        deadline = self._deadline(socket.SO_RCVTIMEO)
        while True:
            try:
                return self._tls.recv(size)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
                self._wait(wanted, deadline)

    def _deadline(self, option: int) -> float | None:
        seconds = self._timeouts.get(option)
        return None if seconds is None else time.monotonic() + seconds

    def _wait(self, wanted: ssl.SSLError, deadline: float | None) -> None:
        """Wait until the socket is ready for what TLS wants. Raises BlockingIOError after the deadline."""
        wants_read = isinstance(wanted, ssl.SSLWantReadError)
        poll = select.poll()
        poll.register(self._tls, select.POLLIN if wants_read else select.POLLOUT)
        left = None if deadline is None else max(deadline - time.monotonic(), 0) * 1000
        if not poll.poll(left):
            raise BlockingIOError

    def _send_now(self, data: memoryview) -> int:
        # A record that was not taken has to be sent again with the same bytes, which the caller does.
        taken = 0
        try:
            while taken < len(data):
                taken += self._tls.send(data[taken : taken + _RECORD_BYTES])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not taken:
                raise BlockingIOError from None
        return taken

    def _receive_now(self, size: int) -> bytes:
        try:
            return self._tls.recv(size)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def _reason(self, problem: OSError) -> str:
        if isinstance(problem, ssl.SSLEOFError):
            return "closed by the node"
        return f"TLS: {_explained(problem)}" if isinstance(problem, ssl.SSLError) else reason_of(problem)


def _explained(problem: ssl.SSLError) -> str:
    """What a failure of TLS means, for people."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return _CERTIFICATE_PROBLEMS.get(
            problem.verify_code,
            "its certificate is from an authority that is not trusted (--cacert names one)",
        )
    reason = problem.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return "it does not speak TLS"
    for alert, meaning in _ALERTS.items():
        if reason.endswith(alert):
            return meaning
    return reason.replace("_", " ").lower() or str(problem)
