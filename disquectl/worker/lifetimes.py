"""Asking a node how long a job may still live: TIME and SHOW, and what their answers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disquectl.errors import DisquectlError, NotDisque, ReplyError
from disquectl.protocol.replies import complete, show
from disquectl.protocol.server_replies import server_time
from disquectl.worker.job import Life, Request

if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job


class Lifetimes:
    """Requests are appended to `out`."""

    def __init__(self, out: list[Request]) -> None:
        self._out = out
        # How far the clock of a node is ahead of the worker's.
        self._ahead: dict[Node, float] = {}

    def ask(self, job: Job, node: Node) -> None:
        """Ask this node."""
        # TIME before SHOW: its answer says what the TTL of SHOW is counted from.
        self._out.append(Request((b"TIME",), node, job))
        self._out.append(Request((b"SHOW", job.id), node, job))

    def told_time(self, node: Node, reply: Reply, now: float) -> None:
        """TIME was answered."""
        try:
            at = server_time(reply)
        except DisquectlError:
            return
        self._ahead[node] = at["seconds"] + at["microseconds"] / 1e6 - now

    def life(self, node: Node, reply: Reply, now: float) -> tuple[Life, float] | None:
        """What SHOW tells, and the time on the node's clock; None for a job that it does not have."""
        try:
            fields = None if isinstance(reply, ReplyError) else show(reply)
            fields = fields and complete(fields, ("state", "ttl", "ctime", "retry", "repl"))
        except NotDisque:
            fields = None
        if fields is None or fields["state"] == "acked":
            return None
        server_now = now + self._ahead.get(node, 0.0)
        # Disque counts both in whole seconds, cut off.
        expires = int(server_now) + fields["ttl"]
        return Life(fields["ctime"] / 1e9, expires, fields["retry"], fields["repl"]), server_now
