"""`PinnedTransport`: a transport that also sends requests on one connection and no other.

For jobs, which belong to the node that delivered them. It must not know any command either.
"""

from __future__ import annotations

from disquectl.client.connection import Broken
from disquectl.client.resending import after_failure
from disquectl.client.transport import Transport, occupied
from disquectl.errors import ConnectionFailed
from disquectl.protocol.resp import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.connection import Connection
    from disquectl.protocol.resp import AnyWord, Reply


class PinnedTransport(Transport):
    """One connection at a time, which can be named."""

    @property
    def connection(self) -> Connection | None:
        """The connection that requests go to, to recognise it later; it may have ended."""
        return self._connection

    def request_on(self, connection: Connection, *requests: tuple[AnyWord, ...]) -> list[Reply]:
        """Send requests together, once, on this connection and no other; return the replies, also errors.

        Few and short ones: nothing is read before all are sent. Raises ConnectionFailed where they were not
        sent, because this is no longer the transport's connection or has ended, and OutcomeUnknown where they
        may have been carried out.
        """
        if self._asking:
            raise occupied()
        if connection is not self._connection or connection.busy or connection.is_stale():
            raise ConnectionFailed(f"the connection to {connection.node} has ended")
        self._asking = True
        try:
            connection.send(b"".join(map(encode, requests)))
            return [connection.receive(self.patience(0)) for _ in requests]
        except BaseException as failure:
            self.close()
            was_sent = not isinstance(failure, Broken) or failure.handed_over is None
            problem = after_failure(
                connection, failure, was_sent=was_sent, repeatable=False, timeout=self.patience(0)
            )
            if problem is None:
                raise ConnectionFailed(f"{connection.node}: {failure}") from None
            raise problem from None
        finally:
            self._asking = False
