"""`ConnectionFactory`: connects to a node and logs in.

It tries one node, once. It must not know the other seeds.
"""

from __future__ import annotations

from disquectl.client.connecting import ConnectAttempt, open_connection
from disquectl.client.connection import Broken, Connection, TimedOut, Unreachable
from disquectl.errors import NotAuthorised, NotDisque, ReplyError
from disquectl.protocol.resp import ProtocolError, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from disquectl.client.address import Node
    from disquectl.client.connection import Wire
    from disquectl.client.tls import Tls
    from disquectl.client.tracing import Tracer
    from disquectl.protocol.resp import Reply

# What a node sends, without a request, before it closes a connection because it has too many.
NODE_IS_FULL = "ERR max number of clients reached"


def turned_away(reply: Reply) -> bool:
    """Whether a node says that it accepts no more connections."""
    return isinstance(reply, ReplyError) and reply.message == NODE_IS_FULL


# poll(2) counts milliseconds in 31 bits, which is 24 days. Longer timeouts are treated as no timeout.
LONGEST_SECONDS = 2**31 // 1000 - 1

_NO_PASSWORD_IS_SET = ("no password is set", "without any password")

_LINE_ENDS = (b"\n", b"\r")
_ENDS_WITH_A_LINE = (
    "The password ends with a line end, as one made by `echo` does, or a Kubernetes secret made from "
    "a file: make it by `printf %s`, or use --password-file, which drops the line end."
)


def bounded(seconds: float | None) -> float | None:
    """Return the timeout, or None (no limit) where it is longer than the system can count."""
    return None if seconds is None or seconds > LONGEST_SECONDS else seconds


def tls_of(options: Mapping[str, Any] | None) -> Tls | None:
    """Return TLS with these options, or None for None. Raises DataError for files that it cannot use.

    `ssl` is loaded only where TLS is asked for.
    """
    if options is None:
        return None
    from disquectl.client.tls import Tls

    return Tls(**options)


class ConnectionFactory:
    """The settings of connections: timeouts in seconds, password, TLS, and who gets warnings and traffic."""

    __slots__ = ("_warned", "connect_timeout", "notice", "password", "response_timeout", "tls", "tracer")

    def __init__(
        self,
        *,
        password: str | bytes | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float | None = 30.0,
        tracer: Tracer | None = None,
        tls: Tls | None = None,
        notice: Callable[[str], object] | None = None,
    ) -> None:
        """The parameters are those of `disquectl.Client`."""
        self.connect_timeout = min(connect_timeout, LONGEST_SECONDS)
        self.response_timeout = bounded(response_timeout)
        if isinstance(password, str):
            password = password.encode("utf-8", "surrogateescape")
        self.password = password or None
        self.notice = notice
        self.tracer = tracer
        self.tls = tls
        self._warned = False

    def open(self, node: Node) -> Connection:
        """Connect to a node and log in. Raises Unreachable, NotAuthorised, NotDisque or ReplyError."""
        connection = open_connection(node, self.connect_timeout, self._wire(node), self.tls)
        try:
            connection.set_send_timeout(self.response_timeout)
            if self.password is not None:
                self.logged_in(node, self._ask(connection, b"AUTH", self.password))
            elif self.tls is not None:
                # A node that refuses the client certificate says so only at the first reply. Before anything
                # that matters was sent, it is a node that cannot be reached.
                self.logged_in(node, self._ask(connection, b"PING"))
        except BaseException:
            connection.close()
            raise
        return connection

    def attempt(self, node: Node) -> ConnectAttempt:
        """Begin to connect, without waiting; the caller logs in. Raises Unreachable."""
        return ConnectAttempt(node, self.connect_timeout, self._wire(node), self.tls)

    def _wire(self, node: Node) -> Wire | None:
        return None if self.tracer is None else self.tracer.on(node, self.password or b"")

    def _ask(self, connection: Connection, *words: bytes) -> Reply:
        verb = words[0].decode()
        try:
            connection.send(encode(words))
            return connection.receive(self.response_timeout)
        except Broken as problem:
            # Some servers that want a client certificate just close the connection.
            hint = ": it may ask for a client certificate (--cert)" if self.tls is not None else ""
            reason = str(problem) if str(problem).startswith("TLS: ") else f"{problem}{hint}"
            raise Unreachable(f"the connection ended at {verb} ({reason})") from None
        except TimedOut:
            raise Unreachable(f"no answer to {verb} within {self.response_timeout:g}s") from None
        except ProtocolError as problem:
            raise not_resp(connection.node, problem) from None

    def logged_in(self, node: Node, reply: Reply) -> None:
        """Check the reply to AUTH or PING. Raises Unreachable, NotAuthorised or ReplyError."""
        if not isinstance(reply, ReplyError):
            return
        if any(text in reply.message for text in _NO_PASSWORD_IS_SET):
            self._warn(f"{node} has no password set; the one given was not needed")
        elif reply.message == NODE_IS_FULL:
            raise Unreachable("max number of clients reached")
        elif reply.code != "LOADING":
            error = with_advice(reply)
            if self.password is not None and self.password[-1:] in _LINE_ENDS:
                error.advice = _ENDS_WITH_A_LINE
            raise error

    def _warn(self, text: str) -> None:
        if self.notice is not None and not self._warned:
            self._warned = True
            self.notice(text)


def with_advice(error: ReplyError) -> ReplyError:
    """Return the same error, with advice where a password is missing or wrong."""
    if isinstance(error, NotAuthorised) and not error.advice:
        if error.code == "NOPERM":
            error.advice = "The server lets this user do less. A Disque has no users: is this a Redis?"
        elif error.code == "WRONGPASS" or "invalid password" in error.message:
            error.advice = (
                "This is not the node's password: look at DISQUE_PASSWORD, --password-file or the URL."
            )
        else:
            error.advice = "Give the password by DISQUE_PASSWORD, --password-file or --ask-password."
    return error


def not_resp(node: Node, problem: ProtocolError) -> NotDisque:
    """Return the exception for a server that does not speak RESP."""
    return NotDisque(
        f"{node} does not speak Disque's protocol: {problem}", "Is this the right address and port?"
    )
