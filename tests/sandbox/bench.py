"""An engine on the bench: commands in, decoded replies out, and a clock that only the test moves."""

from __future__ import annotations

from random import Random
from typing import Any

from disquectl.sandbox.engine import Engine
from disquectl.sandbox.node import Node
from disquectl.sandbox.session import Session

START_MS = 1_700_000_000_000


class Bench:
    """Nodes with one client each; `call` is that client's, more come with `connect`."""

    def __init__(self, nodes: int = 1, seed: int = 7) -> None:
        self.now_ms = START_MS
        addresses = [("127.0.0.1", 7711 + index) for index in range(nodes)]
        self.engine = Engine(addresses, self.now_ms, random=Random(seed))
        self.nodes: list[Node] = self.engine.nodes
        self.sessions = [self.connect(index) for index in range(nodes)]

    def connect(self, node: int = 0) -> Session:
        session = self.engine.connect(self.nodes[node], b"127.0.0.1:1", -1, self.now_ms)
        assert session is not None
        return session

    def send(self, session: Session, *words: str | bytes, node: int = 0) -> list[Any]:
        """Send one request; what is answered at once."""
        return self.feed(session, encode(*words), node)

    def feed(self, session: Session, data: bytes, node: int = 0) -> list[Any]:
        self.engine.receive(self.nodes[node], session, data, self.now_ms)
        return self.heard(session)

    def heard(self, session: Session) -> list[Any]:
        """The replies that came since the last look."""
        return decode_all(session.take_output())

    def call(self, *words: str | bytes, node: int = 0) -> Any:
        (reply,) = self.send(self.sessions[node], *words, node=node)
        return reply

    def fields(self, *words: str | bytes, node: int = 0) -> dict[str, Any]:
        """A flat reply of names and values as a dictionary; empty for nil."""
        flat = self.call(*words, node=node) or []
        return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}

    def state(self, job_id: str, node: int = 0) -> str | None:
        state = self.fields("SHOW", job_id, node=node).get("state")
        return state.decode() if state else None

    def wait(self, seconds: float) -> None:
        """Let time pass, in the small steps of a running server."""
        until_ms = self.now_ms + int(seconds * 1000)
        while self.now_ms < until_ms:
            self.now_ms = min(self.now_ms + 100, until_ms)
            self.engine.advance(self.now_ms)


def encode(*words: str | bytes) -> bytes:
    raw = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(raw) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in raw)


def decode_all(data: bytes) -> list[Any]:
    """Statuses and errors as text (errors with their `-`), bulks as bytes, nils as None."""
    replies = []
    at = 0
    while at < len(data):
        reply, at = _decode(data, at)
        replies.append(reply)
    return replies


def _decode(data: bytes, at: int) -> tuple[Any, int]:
    end = data.index(b"\r\n", at)
    kind, text, at = data[at : at + 1], data[at + 1 : end], end + 2
    if kind == b"+":
        return text.decode("latin-1"), at
    if kind == b"-":
        return "-" + text.decode("latin-1"), at
    number = int(text)
    if kind == b":":
        return number, at
    if number < 0:
        return None, at
    if kind == b"$":
        return data[at : at + number], at + number + 2
    items = []
    for _ in range(number):
        item, at = _decode(data, at)
        items.append(item)
    return items, at
