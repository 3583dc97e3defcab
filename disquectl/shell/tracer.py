"""What the shell hears of the wire: how long the last round trip took, and the echo where it is on.

It sits on the connection for as long as that lives, so that the echo can be turned on in between.
"""

from __future__ import annotations

from disquectl.client.tracing import Tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node


class ShellTracer:
    """`round_trip_ms` is None before the first; `echo` is the tap of the line that runs, or None."""

    __slots__ = ("_sent", "echo", "round_trip_ms", "tracer")

    def __init__(self) -> None:
        self.tracer = Tracer(self._show)
        self.echo: Tracer | None = None
        self.round_trip_ms: float | None = None
        self._sent: float | None = None

    def listen(self, echo: Tracer | None, show_secrets: bool) -> None:
        """From here on the traffic goes to this echo."""
        self.echo = echo
        self.tracer.show_secrets = show_secrets

    def _show(self, direction: str, node: Node, seconds: float, data: bytes) -> None:
        if direction == ">":
            self._sent = seconds
        elif self._sent is not None:
            self.round_trip_ms = (seconds - self._sent) * 1000
            self._sent = None
        if self.echo is not None:
            self.echo.show(direction, node, seconds, data)
