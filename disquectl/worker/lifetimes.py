"""Asks a node for the remaining TTL of a job: TIME and SHOW, and what the replies mean. No sockets."""

from __future__ import annotations

from math import inf

from disquectl.errors import DisquectlError, NotDisque, ReplyError
from disquectl.protocol.replies import complete, show
from disquectl.protocol.server_replies import server_time
from disquectl.worker.job import Life, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job


class Lifetimes:
    """Requests are appended to `out`."""

    def __init__(self, out: list[Request]) -> None:
        self._out = out
        # What to add to the worker's clock to get that of a node, in seconds since 1970.
        self._clock_offset: dict[Node, float] = {}

    def ask(self, job: Job, node: Node) -> None:
        """Ask this node."""
        # TIME before SHOW: the TTL in SHOW counts from the time on the node's clock.
        self._out.append(Request((b"TIME",), node, job))
        self._out.append(Request((b"SHOW", job.id), node, job))

    def time_answered(self, node: Node, reply: Reply, now: float) -> None:
        """A node answered TIME."""
        try:
            at = server_time(reply)
        except DisquectlError:
            return
        self._clock_offset[node] = at["seconds"] + at["microseconds"] / 1e6 - now

    def life(self, node: Node, reply: Reply, now: float) -> tuple[Life, float] | None:
        """Return what SHOW says, and the time on the node's clock; None if the node does not have the job."""
        try:
            fields = None if isinstance(reply, ReplyError) else show(reply)
            fields = fields and complete(fields, ("state", "ttl", "ctime", "retry", "repl"))
        except NotDisque:
            fields = None
        if fields is None or fields["state"] == "acked":
            return None
        server_now = now + self._clock_offset.get(node, 0.0)
        # Disque rounds both down to whole seconds.
        expires = int(server_now) + fields["ttl"]
        return Life(fields["ctime"] / 1e9, expires, fields["retry"], fields["repl"]), server_now

    def has_expired(self, job: Job, now: float) -> bool:
        """Whether the TTL of a job has passed on its node's clock, as far as `life` has found it out."""
        if job.life is None:
            return False
        # Disque rounds down to whole seconds, so it may be a second early.
        return now + self._clock_offset.get(job.node, -inf) >= job.life.expires - 1
