"""A proxy that cuts a connection after so many bytes, and disquectl in this process."""

from __future__ import annotations

import contextlib
import io
import socket
import threading

from disquectl.cli.main import carry_out
from disquectl.commands import find
from disquectl.errors import DisquectlError
from disquectl.execution import parser
from disquectl.execution.streams import Streams


class CuttingProxy:
    """Closes the first connection after `up` bytes to the node or `down` bytes back (None: no limit).

    `after`: how many connections come before it. `again`: whether later connections are let through, else
    nobody listens any more.
    """

    def __init__(self, node, *, up=None, down=None, again=True, after=0):
        host, _, port = node.rpartition(":")
        self._node = (host, int(port))
        self._limits = {"up": up, "down": down}
        self._again = again
        self._after = after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = []
        self._threads = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = threading.Event()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for thread in self._threads:
            thread.join()
        for sock in (self._listener, *self._open):
            sock.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                is_first = self._after == 0
                self._after -= 1
                limits = self._limits if is_first else {}
                if is_first and not self._again:
                    self._listener.shutdown(socket.SHUT_RDWR)
                    self._listener.close()
                node = socket.create_connection(self._node)
                self._open += [client, node]
                for way, source, target in (("up", client, node), ("down", node, client)):
                    thread = threading.Thread(
                        target=self._hand_on, args=(source, target, limits.get(way)), daemon=True
                    )
                    self._threads.append(thread)
                    thread.start()

    def _hand_on(self, source, target, limit):
        with contextlib.suppress(OSError):
            while limit is None or limit > 0:
                data = source.recv(65536 if limit is None else limit)
                if not data:
                    break
                target.sendall(data)
                limit = None if limit is None else limit - len(data)
            if limit == 0:
                self.cut.set()
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def run_here(*args, stdin=b""):
    """One command line in this process: exit code, stdout, stderr."""
    out, err = io.BytesIO(), io.BytesIO()
    streams = Streams(io.BytesIO(stdin), out, err)
    try:
        code = carry_out(parser.parse(list(args), find), streams)
    except DisquectlError as problem:
        code = problem.exit_code
        streams.say(problem.message)
    return code, out.getvalue(), err.getvalue().decode()
