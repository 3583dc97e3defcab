"""A node that answers as a Disque does, but for what is wrong in some of its replies."""

from __future__ import annotations

import contextlib
import socket
import threading
from random import Random

from disquectl.protocol.resp import NEED_DATA, Parser, ProtocolError

from .replies import MONITOR, encoded, mutated, reply_to

# HELLO is asked first by most commands: one that fails hides what comes after it.
SHARE, SHARE_OF_HELLO = 0.4, 0.06
# Then it hangs up, so that nothing goes on for ever.
MOST_REQUESTS = 60


def _is_whole(answer: bytes) -> bool:
    parser = Parser()
    parser.feed(answer)
    try:
        return parser.next_value() is not NEED_DATA
    except ProtocolError:
        return True


class FuzzNode:
    """Listens on a free port of loopback; `begin` says by which seed replies are made from now on."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.begin("")
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, seed: str, odd: dict[bytes, object] | None = None) -> None:
        """The next run. What the last one left open is closed.

        `odd`: replies by the first word of their requests; then all others are as they should be.
        """
        with self._lock:
            self._seed = seed
            self._odd = odd
            self._asked = 0
            self.sent: list[tuple[list[bytes], bytes]] = []
            for conn in self._open:
                with contextlib.suppress(OSError):
                    conn.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening."""
        self.begin("")
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        with self._lock:
            self._open.add(conn)
            seed = self._seed
        parser = Parser()
        with conn, contextlib.suppress(OSError):
            while (data := conn.recv(65536)) and seed == self._seed:
                parser.feed(data)
                while (words := parser.next_value()) is not NEED_DATA:
                    answer = self._answer(words, seed)  # type: ignore[arg-type]  # our own client asks
                    if answer is None:
                        return
                    conn.sendall(answer)
                    if not _is_whole(answer):
                        return  # who waits for the rest is another test's business
        with self._lock:
            self._open.discard(conn)

    def _answer(self, words: list[bytes], seed: str) -> bytes | None:
        with self._lock:
            if seed != self._seed:
                return None
            self._asked += 1
            number = self._asked
        if number > MOST_REQUESTS or words[0].upper() == b"SHUTDOWN":
            return None
        random = Random(f"{seed} {number} {words[0]!r}")
        reply = reply_to(words, self.port)
        if self._odd is not None:
            self.sent.append((words, b""))
            return encoded(self._odd.get(words[0].upper(), reply))
        share = SHARE_OF_HELLO if words[0].upper() == b"HELLO" else SHARE
        if random.random() < share:
            reply = mutated(reply, random)
        answer = encoded(reply)
        if words[0].upper() == b"MONITOR":
            lines = [mutated(MONITOR, random) if random.random() < share else MONITOR for _ in range(3)]
            answer += b"".join(map(encoded, lines)) + b"+not a line of MONITOR\r\n"
        self.sent.append((words, answer))
        return answer
