"""`Tracer`: shows the protocol traffic of a client in both directions, without passwords.

    Client(tracer=Tracer(lambda direction, node, seconds, data: print(direction, data)))

One event for each request (`>`) and each reply (`<`): the exact bytes, except that a password is replaced by
`***` and the length before it is that of `***`, so that it reveals nothing. Not loaded without a tracer.
"""

from __future__ import annotations

import time
from collections import deque

from disquectl.errors import ReplyError
from disquectl.protocol.frames import FrameSplitter
from disquectl.protocol.resp import NeedData, Parser, ProtocolError, encode
from disquectl.protocol.secrets import (
    HIDDEN,
    masked_reply,
    masked_words,
    may_answer_secrets,
    without_password,
)
from disquectl.protocol.shapes import is_plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply

    Show: TypeAlias = Callable[[str, Node, float, bytes], object]


class Tracer:
    """Calls `show(direction, node, seconds since 1970, bytes)`; the direction is `>` out or `<` in."""

    __slots__ = ("show", "show_secrets")

    def __init__(self, show: Show, *, show_secrets: bool = False) -> None:
        self.show = show
        self.show_secrets = show_secrets

    def on(self, node: Node, password: bytes) -> TracedConnection:
        """Return the observer of a new connection to this node."""
        return TracedConnection(self, node, password)


class TracedConnection:
    """Traces one connection. It remembers the requests, to know which replies may hold a password."""

    __slots__ = ("_node", "_password", "_pending", "_replies", "_requests", "_tracer")

    def __init__(self, tracer: Tracer, node: Node, password: bytes) -> None:
        self._tracer = tracer
        self._node = node
        self._password = password
        self._requests = FrameSplitter()
        self._replies = FrameSplitter()
        self._pending: deque[list[bytes]] = deque()

    def sent(self, data: bytes | memoryview) -> None:
        """Called with bytes that are sent."""
        for frame in self._requests.feed(data):
            words = _words(frame)
            self._pending.append(words if may_answer_secrets(words) else words[:2])
            self._show(">", frame if self._tracer.show_secrets else self._masked_request(frame, words))

    def received(self, data: bytes) -> None:
        """Called with bytes that were received."""
        for frame in self._replies.feed(data):
            self._show("<", self._masked_frame(self._answered(), frame))

    def closed(self) -> None:
        """Called at the end: shows the rest of an incomplete reply, unless it may hold a password."""
        rest = self._replies.rest()
        if rest:
            secret = may_answer_secrets(self._answered()) and not self._tracer.show_secrets
            self._show("<", HIDDEN if secret else self._masked_frame([], rest))

    def _show(self, direction: str, data: bytes) -> None:
        self._tracer.show(direction, self._node, time.time(), data)

    def _answered(self) -> list[bytes]:
        """The first words of the request that the next reply belongs to."""
        if not self._pending:
            return []
        if self._pending[0][:1] and self._pending[0][0].lower() == b"monitor":
            return self._pending[0]  # its replies have no end
        return self._pending.popleft()

    def _masked_request(self, frame: bytes, words: list[bytes]) -> bytes:
        masked = masked_words(words)
        if self._password:
            masked = [word.replace(self._password, HIDDEN) for word in masked]
        return frame if masked == words else encode(masked)

    def _masked_frame(self, words: list[bytes], frame: bytes) -> bytes:
        has_password = bool(self._password) and self._password in frame
        if self._tracer.show_secrets or not (has_password or may_answer_secrets(words)):
            return frame
        reply = _value(frame)
        if isinstance(reply, NeedData):
            return frame.replace(self._password, HIDDEN) if has_password else frame
        if not is_plain(reply):
            return HIDDEN  # an unexpected shape: where a password may be in it is not known
        masked = masked_reply(words, reply)
        if has_password:
            masked = without_password(masked, self._password)
        if isinstance(masked, bytes) and frame.startswith(b"+"):
            return b"+" + masked + b"\r\n"
        return _encode_reply(masked)


def _value(frame: bytes) -> Reply | NeedData:
    parser = Parser()
    parser.feed(frame)
    try:
        return parser.next_value()
    except ProtocolError:
        return NeedData()


def _words(frame: bytes) -> list[bytes]:
    value = _value(frame)
    return [word for word in value if isinstance(word, bytes)] if isinstance(value, list) else []


def _encode_reply(reply: Reply) -> bytes:
    if isinstance(reply, ReplyError):
        return b"-" + reply.message.encode("utf-8", "replace") + b"\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if reply is None:
        return b"$-1\r\n"
    if isinstance(reply, bytes):
        return b"$%d\r\n%s\r\n" % (len(reply), reply)
    return b"*%d\r\n%s" % (len(reply), b"".join(_encode_reply(element) for element in reply))
