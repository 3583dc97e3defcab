"""A proxy between a worker and its node that loses the replies after one command.

The node executes the command, and the worker does not learn of it.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class OneWayProxy:
    """A context manager; `address` is where it listens. `verb`: the command whose answer never comes."""

    def __init__(self, node, verb):
        host, _, port = node.rpartition(":")
        self._target = (host, int(port))
        self._verb = verb
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours = self._listener.accept()[0]
                threading.Thread(target=self._carry, args=(ours,), daemon=True).start()

    def _carry(self, worker):
        passed = False
        with contextlib.suppress(OSError), worker, socket.create_connection(self._target) as node:
            while True:
                for source in select.select([worker, node], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    passed = passed or (source is worker and self._verb in data)
                    if source is worker:
                        node.sendall(data)
                    elif not passed:
                        worker.sendall(data)
