"""Plays recorded wire dialogues against a server.

A dialogue is a JSON-lines file: a header, then steps. A step sends words (`send`, `pipe`), raw bytes (`raw`)
or a whole scan (`scan`), and says which replies it expects. A reply is a type character and a value, and
`matching` compares. Knows nothing of pytest: what does not fit raises `Mismatch`.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .matching import Reply, fits

REPLY_TIMEOUT = 10.0


class Mismatch(AssertionError):
    """A step got something else than it expects."""


@dataclass
class Dialogue:
    path: Path
    title: str
    nodes: int
    tags: frozenset[str]
    steps: list[tuple[int, dict[str, Any]]]


def load(path: Path) -> Dialogue:
    """Read a dialogue; its steps keep their line numbers."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    steps = [(number, json.loads(line)) for number, line in enumerate(lines[1:], 2) if line.strip()]
    return Dialogue(path, header["title"], header["nodes"], frozenset(header.get("tags", ())), steps)


class Wire:
    """One connection: bytes out, typed replies in."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=REPLY_TIMEOUT)
        self.unread = b""
        self.sent_at = time.monotonic()

    def close(self) -> None:
        self.socket.close()

    def write(self, data: bytes) -> None:
        self.sent_at = time.monotonic()
        self.socket.settimeout(REPLY_TIMEOUT)
        self.socket.sendall(data)

    def read(self, seconds: float = REPLY_TIMEOUT) -> Reply:
        """The next reply; `("eof", None)` at the end, `("silence", None)` when nothing whole came in time."""
        until = time.monotonic() + seconds
        while True:
            whole = _take_reply(self.unread, 0)
            if whole is not None:
                reply, used = whole
                self.unread = self.unread[used:]
                return reply
            self.socket.settimeout(max(until - time.monotonic(), 0.001))
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                return "silence", None
            except ConnectionError:
                data = b""
            if not data:
                return "eof", None
            self.unread += data


def _take_reply(data: bytes, at: int) -> tuple[Reply, int] | None:
    """The reply that starts at `at` and where it ends, or None if it is not whole."""
    end = data.find(b"\r\n", at)
    if end < 0:
        return None
    kind, text, at = chr(data[at]), data[at + 1 : end], end + 2
    if kind in "+-":
        return (kind, text), at
    number = int(text)
    if kind == ":":
        return (kind, number), at
    if number < 0:
        return (kind, None), at
    if kind == "$":
        whole = len(data) >= at + number + 2
        return ((kind, data[at : at + number]), at + number + 2) if whole else None
    items: list[Reply] = []
    for _ in range(number):
        item = _take_reply(data, at)
        if item is None:
            return None
        items.append(item[0])
        at = item[1]
    return (kind, items), at


@dataclass
class Player:
    """One run of one dialogue; `addresses` are those of the nodes, in order."""

    addresses: list[tuple[str, int]]
    bound: dict[str, str] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)

    def play(self, dialogue: Dialogue) -> None:
        """Raises Mismatch, naming the line, at the first step that fails; or for bytes that nobody read."""
        self.bound["rand"] = binascii.hexlify(os.urandom(4)).decode()
        for index, (host, port) in enumerate(self.addresses):
            self.bound.update({f"host{index}": host, f"port{index}": str(port)})
        try:
            for number, step in dialogue.steps:
                try:
                    self._take_step(step)
                except Mismatch as mismatch:
                    raise Mismatch(f"{dialogue.path.name}:{number}: {mismatch}") from None
            for name, wire in self.wires.items():
                left = wire.read(0.02)
                if left[0] not in ("silence", "eof") or wire.unread:
                    raise Mismatch(
                        f"{dialogue.path.name}: connection {name}: nobody read {left} {wire.unread!r}"
                    )
        finally:
            for wire in self.wires.values():
                wire.close()

    def _take_step(self, step: dict[str, Any]) -> None:
        if "sleep_ms" in step:
            time.sleep(step["sleep_ms"] / 1000)
            return
        if "close" in step:
            self.wires.pop(step["close"]).close()
            return
        wire = self._wire(step)
        if "silent_ms" in step:
            heard = wire.read(step["silent_ms"] / 1000)
            if heard[0] != "silence" or wire.unread:
                raise Mismatch(f"silence expected, got {heard}")
            return
        replies = self._exchange(wire, step)
        if "bind" in step:
            self._bind(step["bind"], replies if "replies" in step else replies[0])

    def _wire(self, step: dict[str, Any]) -> Wire:
        name = step.get("conn", "a")
        if name not in self.wires:
            self.wires[name] = Wire(self.addresses[step.get("node", 0)])
        return self.wires[name]

    def _exchange(self, wire: Wire, step: dict[str, Any]) -> list[Reply]:
        """Send, read, compare; a step with `poll_ms` does so again until it fits or the time is over."""
        expected = step["replies"] if "replies" in step else [step.get("reply", step.get("expect"))]
        until = time.monotonic() + step.get("poll_ms", 0) / 1000
        while True:
            if "scan" in step:
                replies = [self._scan(wire, step["scan"])]
            else:
                if request := self._request(step):
                    wire.write(request)
                if step.get("async"):
                    return []
                replies = [wire.read() for _ in expected]
            elapsed_ms = (time.monotonic() - wire.sent_at) * 1000
            wrong = [
                pair for pair in zip(expected, replies, strict=True) if not fits(pair[0], pair[1], self.bound)
            ]
            if not wrong:
                break
            if time.monotonic() >= until:
                want, got = wrong[0]
                raise Mismatch(f"{_shown(step)}: expected {json.dumps(want)[:300]}, got {str(got)[:300]}")
            time.sleep(0.02)
        low, high = step.get("ms", (0, float("inf")))
        if not low <= elapsed_ms <= high:
            raise Mismatch(f"{_shown(step)}: answered after {elapsed_ms:.0f} ms, not within {low} to {high}")
        return replies

    def _request(self, step: dict[str, Any]) -> bytes:
        if "raw" in step:
            return self._word(step["raw"])
        requests = step.get("pipe") or ([step["send"]] if "send" in step else [])
        return b"".join(self._multibulk(request) for request in requests)

    def _multibulk(self, words: list[Any]) -> bytes:
        encoded = [self._word(word) for word in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in encoded)

    def _word(self, word: Any) -> bytes:
        if isinstance(word, dict):
            if "b64" in word:
                return base64.b64decode(word["b64"])
            text, times = word["repeat"]
            return self._word(text) * times
        return self._filled(str(word)).encode()

    def _filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self.bound.get(found[1], found[0]), text)

    def _scan(self, wire: Wire, words: list[Any]) -> Reply:
        """A scan to its end: the list of what was seen, each once."""
        seen: list[Reply] = []
        cursor = "0"
        while True:
            self.bound["cursor"] = cursor
            wire.write(self._multibulk(words))
            reply = wire.read()
            page = reply[1]
            if reply[0] != "*" or not isinstance(page, list) or len(page) != 2:
                return reply
            seen += [item for item in page[1][1] if item not in seen]
            cursor = page[0][1].decode()
            if cursor == "0":
                return "*", seen

    def _bind(self, wanted: dict[str, Any], found: Any) -> None:
        """Keep pieces of what came: `$`, `$.0.1`, `$.ctime`, or a regular expression's group of them."""
        for name, where in wanted.items():
            path, pattern = where if isinstance(where, list) else (where, None)
            value = _piece(found, path)
            if pattern is not None:
                match = re.search(self._filled(pattern), value)
                if match is None:
                    raise Mismatch(f"nothing to bind {name} to in {value!r}")
                value = match[1]
            self.bound[name] = value


def _piece(found: Any, path: str) -> str:
    for part in path.split(".")[1:]:
        items = found[1] if isinstance(found, tuple) else found
        if part.isdigit():
            found = items[int(part)]
        else:
            found = items[[item[1] for item in items].index(part.encode()) + 1]
    value = found[1]
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _shown(step: dict[str, Any]) -> str:
    return json.dumps(step.get("send") or step.get("scan") or step.get("pipe") or step.get("raw") or "reply")[
        :200
    ]
