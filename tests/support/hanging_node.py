"""A node that answers nobody for a while, and the requests that a node has got."""

from __future__ import annotations

import contextlib
import threading

from disquectl import Client
from disquectl.errors import DisquectlError
from tests.support.waiting import wait_until


@contextlib.contextmanager
def hanging(node, seconds="2"):
    """The node answers nobody while the block runs, for this time at most; afterwards it answers."""
    with Client(node) as client:
        thread = threading.Thread(target=client.debug, args=("SLEEP", seconds))
        thread.start()
        try:
            wait_until(lambda: not is_quick(node))
            yield
        finally:
            thread.join()


def is_quick(node):
    """Whether it answers at once."""
    with contextlib.suppress(DisquectlError), Client(node, response_timeout=0.2) as client:
        return client.ping() == b"PONG"
    return False


def requests_of(node, verb):
    """How often the node has got this request."""
    with Client(node) as client:
        stats = client.info("commandstats")["commandstats"]
    return stats.get(f"cmdstat_{verb}", {"calls": 0})["calls"]
