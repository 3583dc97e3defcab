"""`Job`: a job that was taken, with the methods to end it where it was taken.

ACKJOB at a node that does not know the job can crash that node later (Disque 1.0-rc1). So it is sent without
a look only on the connection that delivered the job, and only while the node certainly has it: for a second,
and for half of the TTL after WORKING was accepted. Otherwise SHOW asks first. Once that connection has ended,
all nodes are asked.
"""

from __future__ import annotations

import time

from disquectl.errors import ConnectionFailed, DisquectlError, OutcomeUnknown, ReplyError
from disquectl.library.replicas import change_where_found
from disquectl.protocol.delivered_job import DeliveredJob
from disquectl.protocol.jobid import decode
from disquectl.protocol.replies import show
from disquectl.protocol.shapes import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, NoReturn, Self

    from disquectl.client.connection import Connection
    from disquectl.client.pinned_transport import PinnedTransport
    from disquectl.protocol.resp import Reply

_SURE_SECONDS = 1.0


class Job(DeliveredJob):
    """A job that `Client.jobs` has taken; a context manager that ends it.

        with job:
            send(job.json())

    The end of the block acknowledges the job. An exception gives it back: by NACK, which counts as a failed
    attempt; by ENQUEUE where the block was interrupted (KeyboardInterrupt, SystemExit and what else is no
    Exception). Neither is sent where the block has called `ack` or `nack`.

    Its methods use the client that took it, and are for the thread that uses that client.
    """

    __slots__ = ("_connection", "_is_settled", "_sure_until", "_transport")

    def __init__(
        self, record: dict[str, Any], transport: PinnedTransport, connection: Connection, taken_at: float
    ) -> None:
        """`record`: as GETJOB gives it, with counters. `taken_at`: when, in monotonic seconds."""
        super().__init__(
            record["id"], record["queue"], record["body"], record["nacks"], record["additional_deliveries"]
        )
        self._transport = transport
        self._connection = connection
        self._sure_until = taken_at + _SURE_SECONDS
        self._is_settled = False

    def __reduce__(self) -> NoReturn:
        """Refuse copies: a job is ended on the connection that delivered it."""
        raise TypeError("a job cannot be copied or pickled: pass on its id and body, and end it here")

    def ack(self) -> bool:
        """Acknowledge the job: it is done, and deleted on all nodes. Return False if no node knows it now.

        It is sent again where the connection has ended: to every node that has the job. Raises PartlyDone if
        the node that delivered it does not answer and others have acknowledged it: it may be delivered again.
        Raises ConnectionFailed if no node could be asked, ReplyError, and OutcomeUnknown.
        """
        self._is_settled = True
        try:
            if self._node_has_it():
                return self._here("ACKJOB") > 0
            return False
        except (ConnectionFailed, OutcomeUnknown):
            return bool(self._elsewhere("ACKJOB"))

    def nack(self) -> bool:
        """Give the job back as failed: it is queued again now. Return whether it was.

        A job with RETRY 0 is not queued twice, so it cannot be given back. Any other job that is not
        given back is delivered again after its retry time. Raises OutcomeUnknown if the connection broke,
        ConnectionFailed and ReplyError.
        """
        return self._give_back("NACK")

    def working(self) -> int:
        """Say that the job is being worked on. Return the seconds until it would be delivered again.

        Raises ReplyError with code NOJOB for a job that no node knows, and TOOLATE when half of its
        TTL has passed, ConnectionFailed and OutcomeUnknown.
        """
        now = time.monotonic()
        try:
            seconds = self._here("WORKING")
        except ConnectionFailed:
            found = self._elsewhere("WORKING")
            if found is None:
                raise ReplyError("NOJOB no node knows this job, or it is acknowledged") from None
            return found
        self.kept(now)
        return seconds

    def kept(self, at: float) -> None:
        """Note that its node has accepted WORKING, which was sent at this time: half of its TTL is left."""
        self._sure_until = at + max(decode(self.id).ttl_minutes * 30, _SURE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._is_settled:
            return
        if problem is None:
            self.ack()
            return
        try:
            self._give_back("NACK" if isinstance(problem, Exception) else "ENQUEUE")
        except DisquectlError as failure:
            problem.add_note(f"{self.id} was not given back: {failure.message}")

    def _give_back(self, verb: str) -> bool:
        self._is_settled = True
        try:
            return self._here(verb) > 0
        except ConnectionFailed:
            return bool(self._elsewhere(verb))

    def _node_has_it(self) -> bool:
        """Whether ACKJOB may be sent to its node; asks it where that is not certain."""
        # An unknown ID of a job that is delivered at most once is ignored.
        if time.monotonic() < self._sure_until or not decode(self.id).at_least_once:
            return True
        found = show(self._ask("SHOW"))
        return found is not None and found.get("state") in ("queued", "active")

    def _here(self, verb: str) -> int:
        return integer(verb, self._ask(verb))

    def _ask(self, verb: str) -> Reply:
        (reply,) = self._transport.request_on(self._connection, (verb, self.id))
        if isinstance(reply, ReplyError):
            raise self._transport.refusal(reply, (verb, self.id))
        return reply

    def _elsewhere(self, verb: str) -> int | None:
        return change_where_found(self._transport, verb.encode(), self.id, self._connection.node)
