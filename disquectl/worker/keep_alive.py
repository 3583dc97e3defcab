"""Keeps jobs from being delivered to others: sends WORKING at once, and after each third of the retry time.

No sockets: requests are appended to a list, replies and the time are passed in.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from disquectl.errors import ReplyError
from disquectl.worker.job import ACKNOWLEDGING, RETURNED, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job

# What a reply to WORKING means.
Outcome: TypeAlias = Literal["kept", "too late", "unknown"]
KEPT: Outcome = "kept"
TOO_LATE: Outcome = "too late"  # half of its TTL has passed: other consumers may get it
UNKNOWN: Outcome = "unknown"  # the node that delivered it does not know it

_WORKING_SHARE = 3
# Until WORKING is sent again, if it was not answered and the retry time is not known yet.
_AGAIN_SECONDS = 1.0


class KeepAlive:
    """`nodes` returns the nodes that are known now; requests are appended to `out`."""

    def __init__(self, nodes: Callable[[], Iterable[Node]], out: list[Request]) -> None:
        self._nodes = nodes
        self._out = out
        self._is_last = False
        # Jobs whose last WORKING has no reply yet.
        self._unanswered: set[str] = set()

    @property
    def is_waiting(self) -> bool:
        """Whether a WORKING that `ask_last` sent has no reply yet."""
        return bool(self._unanswered)

    def ask(self, job: Job, now: float) -> None:
        """Send WORKING for this job, unless it needs none."""
        job.working_at = None
        if not job.at_least_once or job.state in (ACKNOWLEDGING, RETURNED):
            return
        job.asked_working_at = now
        self._send(job)

    def ask_last(self, jobs: Iterable[Job]) -> None:
        """The worker ends: restart the retry time of jobs that would be delivered before they are due."""
        self._is_last = True
        for job in jobs:
            if job.asked_working_at + (job.retry or 0) < job.due_at:
                self._unanswered.add(job.id)
                self._send(job)

    def answered(self, job: Job, node: Node, reply: Reply, now: float) -> Outcome:
        """A node answered WORKING; returns what that means. None is for a reply that was lost."""
        if self._is_last:
            self._unanswered.discard(job.id)
            return KEPT
        if job.state in (ACKNOWLEDGING, RETURNED):
            return KEPT
        if isinstance(reply, int):
            job.retry = reply
            if reply:
                job.working_at = job.asked_working_at + reply / _WORKING_SHARE
            return KEPT
        code = reply.code if isinstance(reply, ReplyError) else ""
        if code == "TOOLATE":
            return TOO_LATE
        if node != job.node:
            return KEPT
        if code == "NOJOB":
            return UNKNOWN
        job.working_at = now + min((job.retry or _AGAIN_SECONDS) / _WORKING_SHARE, _AGAIN_SECONDS)
        return KEPT

    def lost(self, job: Job, node: Node, now: float) -> None:
        """WORKING was not answered: send it again later, and to other nodes, which may queue the job, too."""
        self.answered(job, node, None, now)
        if node == job.node and not self._is_last:
            self._out += [Request((b"WORKING", job.id), one, job) for one in self._nodes() if one != node]

    def _send(self, job: Job) -> None:
        self._out.append(Request((b"WORKING", job.id), job.node, job))
