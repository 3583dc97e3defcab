"""TLS under a connection: a tunnel with plain bytes at one end and the node's TLS at the other.

The plain end is an ordinary socket, so that timeouts, polling and pipelining work as without TLS; a thread
carries the bytes between it and the node. What was put into the plain end counts as handed over, even if the
node never got it: a request may then be reported as of unknown outcome, and is never sent twice.

The node's certificate is verified, for the host that was asked for, unless `insecure`. Loaded only for TLS:
`ssl` takes half as long to load as the whole of a call without it. It knows no protocol but TLS.
"""

from __future__ import annotations

import _socket as socket
import select
import ssl
import threading
import time

from disquectl.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from disquectl.client.address import Node

_CHUNK_BYTES = 65536
# So much may wait on its way in either direction.
_FULL_BYTES = 1 << 18
# How long the end of a program may wait for the last bytes to go out.
_FINISH_SECONDS = 0.5

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


class _HandshakeFailed(Exception):
    """It cannot be done; the text is the reason."""


class Tls:
    """How TLS is to be spoken: files in PEM; without `cacert` the system's authorities are trusted."""

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

    def through(self, sock: socket.socket, node: Node, timeout: float) -> Tunnel:
        """Begin TLS on a connected socket, which is the tunnel's from now on; `timeout`: of the handshake."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self._context.wrap_bio(incoming, outgoing, server_hostname=node.host or "localhost")
        return Tunnel(sock, tls, incoming, outgoing, timeout)


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


class Tunnel:
    """A TLS connection; `inside` is its plain end, for the connection to use and to close.

    `reason` says why it ended, "" as long as there is nothing to say.
    """

    def __init__(
        self,
        outside: socket.socket,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        timeout: float,
    ) -> None:
        self.inside, self._mouth = socket.socketpair()
        self.reason = ""
        self._outside = outside
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._deadline = time.monotonic() + timeout
        self._to_node = bytearray()
        self._to_client = bytearray()
        self._client_ended = False
        self._decided = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tls", daemon=True)
        self._thread.start()

    def is_secure(self) -> bool:
        """Wait for the end of the handshake; where it failed, False, and `reason` says why."""
        self._decided.wait()
        if self.reason:
            self.inside.close()
        return not self.reason

    def finish(self) -> None:
        """Call it when the plain end is closed: what was put into it goes out before the program may end."""
        self._thread.join(_FINISH_SECONDS)

    def _run(self) -> None:
        try:
            self._outside.setblocking(False)
            self._mouth.setblocking(False)
            self._shake_hands()
            self._decided.set()
            while self._carry():
                pass
        except ssl.SSLError as problem:
            self.reason = f"TLS: {_explained(problem)}"
        except _HandshakeFailed as problem:
            self.reason = f"TLS: {problem}"
        except OSError as problem:
            self.reason = (problem.strerror or str(problem)).lower()
        finally:
            self._outside.close()
            self._mouth.close()
            self._decided.set()

    def _shake_hands(self) -> None:
        done = False
        while not done:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            finally:
                self._send_all(self._outgoing.read())
            if not done:
                self._wait(select.POLLIN)
                data = self._outside.recv(_CHUNK_BYTES)
                if not data:
                    raise _HandshakeFailed("it closed the connection at the handshake: does it speak TLS?")
                self._incoming.write(data)

    def _send_all(self, data: bytes) -> None:
        while data:
            self._wait(select.POLLOUT)
            data = data[self._outside.send(data) :]

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self._outside, event)
        left = self._deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise _HandshakeFailed("the handshake took too long: does it speak TLS?")

    def _carry(self) -> bool:
        """Wait until something can be moved and move it; False when the tunnel is at its end."""
        poll = select.poll()
        for sock, events in (
            (self._outside, _events(self._hears_node, self._to_node)),
            (self._mouth, _events(self._hears_client, self._to_client)),
        ):
            if events:
                poll.register(sock, events)
        poll.poll()
        if self._hears_client:
            self._take_from_client()
        if self._hears_node and not self._take_from_node():
            return False
        _send_some(self._outside, self._to_node)
        _send_some(self._mouth, self._to_client)
        return not self._client_ended or bool(self._to_node)

    @property
    def _hears_client(self) -> bool:
        return not self._client_ended and len(self._to_node) < _FULL_BYTES

    @property
    def _hears_node(self) -> bool:
        return not self._client_ended and len(self._to_client) < _FULL_BYTES

    def _take_from_client(self) -> None:
        try:
            data = self._mouth.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # it closed its end with a reply unread
        if data:
            self._tls.write(data)
            self._to_node += self._outgoing.read()
        else:
            self._client_ended = True
            self._to_client.clear()

    def _take_from_node(self) -> bool:
        """Whether the node goes on; when it has ended, what it said before is passed on first."""
        try:
            data = self._outside.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return True
        ended = not data
        if ended:
            self._incoming.write_eof()
        else:
            self._incoming.write(data)
        try:
            while plain := self._tls.read(_CHUNK_BYTES):
                self._to_client += plain
            ended = True
        except (ssl.SSLWantReadError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass
        self._to_node += self._outgoing.read()
        if ended and self._to_client:
            self._mouth.setblocking(True)
            self._mouth.sendall(self._to_client)
        return not ended


def _events(hears: bool, waiting: bytearray) -> int:
    return (select.POLLIN if hears else 0) | (select.POLLOUT if waiting else 0)


def _send_some(sock: socket.socket, data: bytearray) -> None:
    """Send what there is room for, and take it off the front."""
    try:
        del data[: sock.send(data) if data else 0]
    except BlockingIOError:
        return


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
