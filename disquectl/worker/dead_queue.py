"""Adds dead letters: with as many replicas as the cluster can hold now, and to another node after a refusal.

No sockets, as in `lifecycle`. The dead letter of a job stays the same however often it is sent, so that one
that was added twice, because a reply was lost, is recognised as one.
"""

from __future__ import annotations

from disquectl.errors import DisquectlError, ReplyError
from disquectl.merge.nodes import possible_replicas
from disquectl.protocol.job_options import DEFAULT_TIMEOUT_MS
from disquectl.protocol.server_replies import hello
from disquectl.worker.dead_letter import encode_dead_letter
from disquectl.worker.job import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from disquectl.client.address import Node
    from disquectl.protocol.resp import Reply
    from disquectl.worker.job import Job
    from disquectl.worker.plan import Plan

_LONGEST_WAIT_SECONDS = 60.0


class DeadQueue:
    """Calls `added(job)` when the dead letter is in the dead queue, `refused(job, why)` when it was refused.

    `nodes` returns the nodes that are known now; requests are appended to `out`.
    """

    def __init__(
        self,
        plan: Plan,
        nodes: Callable[[], Iterable[Node]],
        out: list[Request],
        *,
        added: Callable[[Job], object],
        refused: Callable[[Job, str], object],
    ) -> None:
        self._plan = plan
        self._nodes = nodes
        self._out = out
        self._added = added
        self._refused = refused

    def add(self, job: Job) -> None:
        """Send the dead letter to the job's node or, after each refusal, to the next node."""
        nodes = [job.node, *(node for node in self._nodes() if node != job.node)]
        # HELLO says how many nodes there are for replicas.
        self._out.append(Request((b"HELLO",), nodes[job.letter_refusals % len(nodes)], job))

    def answered(self, request: Request, reply: Reply, job: Job) -> None:
        """A node answered HELLO or ADDJOB."""
        if request.words[0] == b"HELLO":
            try:
                if isinstance(reply, ReplyError):
                    raise reply
                job.replicas = possible_replicas(hello(reply))
            except DisquectlError as problem:
                self._refused(job, problem.message)
                return
            self._send(job, request.node)
        elif not isinstance(reply, ReplyError):
            self._added(job)
        elif reply.code == "NOREPL" and job.replicas > 1:
            # A node that HELLO lists as reachable did not answer, or takes no replicas.
            job.replicas -= 1
            self._send(job, request.node)
        else:
            self._refused(job, reply.message)

    def _send(self, job: Job, node: Node) -> None:
        if not job.dead_letter:
            assert job.life is not None
            assert job.failure is not None
            job.dead_letter = encode_dead_letter(job, job.life, job.failure)
        words = (b"ADDJOB", self._plan.dead_queue_of(job.queue), job.dead_letter, DEFAULT_TIMEOUT_MS)
        options = (b"REPLICATE", job.replicas, b"TTL", self._plan.dead_ttl)
        self._out.append(Request(words + options, node, job))


def seconds_until_sent_again(refused: int) -> float:
    """Return how long to wait after the dead letter was refused this many times."""
    return min(2.0 ** min(refused - 1, 10), _LONGEST_WAIT_SECONDS)
