"""A proxy between a worker and its node, whose subclasses decide what is passed on."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class ForwardingProxy:
    """A context manager; `address` is where it listens. `_pass_on` has to be defined."""

    def __init__(self, node):
        host, _, port = node.rpartition(":")
        self._target = (host, int(port))
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
        with contextlib.suppress(OSError), worker, socket.create_connection(self._target) as node:
            others = {worker: node, node: worker}
            while True:
                for source in select.select([worker, node], [], [])[0]:
                    data = source.recv(65536)
                    if not data or not self._pass_on(data, worker, others[source]):
                        return

    def _pass_on(self, data, worker, to):
        """Send data on, or not; return whether to go on. It is the worker's unless `to` is the worker."""
        raise NotImplementedError
