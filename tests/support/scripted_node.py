"""A node that does what a script says: it answers, falls silent, closes in the middle, or talks nonsense.

A script is a list of steps for each connection, in the order in which they come. A step takes one request and
then acts: bytes are sent; a function gets the socket. After the last step it closes.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from disquectl.client.address import Node
from disquectl.protocol.resp import NEED_DATA, Parser


def silent(conn):
    """Say nothing until the client goes away."""
    with contextlib.suppress(OSError):
        while conn.recv(65536):
            pass


def close(conn):
    """End the connection."""
    conn.close()


def drip(conn):
    """An answer that comes byte by byte and never ends."""
    with contextlib.suppress(OSError):
        conn.sendall(b"$1000000\r\n")
        while True:
            conn.sendall(b"x")
            threading.Event().wait(0.02)


class AtOnce:
    """A step that takes no request: bytes that are sent unasked, or a function."""

    def __init__(self, action):
        self.action = action


class ScriptedNode:
    """Listens on a free port of loopback (or on another socket) in a thread; `requests` has what it got."""

    def __init__(self, *connections, listener=None):
        self.script = list(connections)
        self.listener = listener or socket.create_server(("127.0.0.1", 0))
        name = self.listener.getsockname()
        self.address = f"unix:{name}" if isinstance(name, str) else str(Node(*name[:2]))
        self.requests = []
        self.accepted = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # Ends accept() and recv() in the thread; closing alone would leave it waiting there.
        for sock in (self.listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.listener.close()

    def _serve(self):
        for steps in self.script:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.append(conn)
            with conn, contextlib.suppress(OSError):
                self._play(conn, steps)
        self.listener.close()

    def _play(self, conn, steps):
        parser = Parser()
        for step in steps:
            action = step
            if isinstance(step, AtOnce):
                action = step.action
            elif not self._take_request(conn, parser):
                return
            if isinstance(action, bytes):
                conn.sendall(action)
            else:
                action(conn)

    def _take_request(self, conn, parser):
        while (words := parser.next_value()) is NEED_DATA:
            data = conn.recv(1 << 20)
            if not data:
                return False
            parser.feed(data)
        self.requests.append(words)
        return True


# Bound and not listening: they refuse connections, and no other process gets their ports.
_BOUND = []


def refused_address():
    """An address of loopback where nobody listens."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    _BOUND.append(bound)
    host, port = bound.getsockname()
    return f"{host}:{port}"
