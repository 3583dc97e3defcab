"""What clients sent to nodes during a block, as MONITOR tells it."""

from __future__ import annotations

import contextlib
import threading

from disquectl import Client
from tests.support.waiting import PATIENCE_SECONDS

READS = (b"HELLO", b"TIME", b"SHOW", b"JSCAN", b"QSCAN", b"QPEEK", b"QSTAT", b"QLEN", b"PING", b"CLIENT")
LAST = b"that is all"


@contextlib.contextmanager
def watching(nodes):
    """A list that has what these nodes were sent, without reads, once the block has ended: words of bytes."""
    written = []

    def read(entries):
        for entry in entries:
            if entry["args"][-1] == LAST:
                return
            if entry["args"][0].upper() not in READS:
                written.append(entry["args"])

    with contextlib.ExitStack() as stack:
        threads = [
            threading.Thread(target=read, args=(stack.enter_context(Client(node)).monitor(),), daemon=True)
            for node in nodes
        ]
        for thread in threads:
            thread.start()
        yield written
        for node, thread in zip(nodes, threads, strict=True):
            with Client(node) as client:
                client.call("PING", LAST)
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
