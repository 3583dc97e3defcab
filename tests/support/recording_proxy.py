"""A proxy between a worker and its node that records what the worker sends, and can lose a connection."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class RecordingProxy:
    """A context manager; `address` is where it listens, `sent` has what came from the worker, as it came.

    A connection is closed instead of passing on what has `lose` in it, or after passing on what has
    `lose_after` in it; each once.
    """

    def __init__(self, node, *, lose=None, lose_after=None):
        host, _, port = node.rpartition(":")
        self._target = (host, int(port))
        self._lose, self._lose_after = lose, lose_after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def of(self, job_id):
        """The verbs of what was sent about this job, in order."""
        texts = b"".join(self.sent).decode("latin-1").split("\r\n*")
        return [text.split("\r\n")[2] for text in texts if job_id in text]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours = self._listener.accept()[0]
                threading.Thread(target=self._carry, args=(ours,), daemon=True).start()

    def _carry(self, worker):
        with contextlib.suppress(OSError), worker, socket.create_connection(self._target) as node:
            while True:
                for source in select.select([worker, node], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is worker:
                        self.sent.append(data)
                    if self._lose is not None and self._lose in data:
                        self._lose = None
                        return
                    (node if source is worker else worker).sendall(data)
                    if self._lose_after is not None and self._lose_after in data:
                        self._lose_after = None
                        return
