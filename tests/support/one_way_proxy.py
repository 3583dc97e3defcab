"""A proxy between a worker and its node that loses the replies after one command.

The node executes the command, and the worker does not learn of it.
"""

from __future__ import annotations

from tests.support.forwarding_proxy import ForwardingProxy


class OneWayProxy(ForwardingProxy):
    """`verb`: the command whose answer never comes, nor any later one on its connection."""

    def __init__(self, node, verb):
        super().__init__(node)
        self._verb = verb
        self._deaf = set()

    def _pass_on(self, data, worker, to):
        if to is not worker and self._verb in data:
            self._deaf.add(worker)
        if to is not worker or worker not in self._deaf:
            to.sendall(data)
        return True
