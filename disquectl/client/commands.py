"""What the command methods of the client share: a transport, and the request that they send through it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from disquectl.client.transport import Transport
    from disquectl.protocol.resp import Reply, Word

    class SendRequest(Protocol):
        """`Transport.request`."""

        def __call__(
            self,
            words: tuple[Word, ...],
            repeatable: bool = False,
            wait_ms: int | None = 0,
            failover: bool = True,
            last_words: bool = False,
        ) -> Reply:
            """Send one request and return its reply."""


class Commands:
    """Base of the classes with command methods."""

    _transport: Transport
    _request: SendRequest
