"""Observes the traffic of the shell's connection: time of the last round trip, and the echo if it is on.

It observes the connection all the time, so that the echo can be turned on between lines.
"""

from __future__ import annotations

from disquectl.client.tracing import Tracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.client.address import Node


class ShellTracer:
    """`round_trip_ms` is None before the first reply; `echo` is the tracer of the running line, or None."""

    __slots__ = ("_sent", "echo", "observer", "round_trip_ms")

    def __init__(self) -> None:
        self.observer = Tracer(self._show)
        self.echo: Tracer | None = None
        self.round_trip_ms: float | None = None
        self._sent: float | None = None

    def listen(self, echo: Tracer | None, show_secrets: bool) -> None:
        """Send the traffic to this echo from now on; None: to none."""
        self.echo = echo
        self.observer.show_secrets = show_secrets

    def _show(self, direction: str, node: Node, seconds: float, data: bytes) -> None:
        if direction == ">":
            self._sent = seconds
        elif self._sent is not None:
            self.round_trip_ms = (seconds - self._sent) * 1000
            self._sent = None
        if self.echo is not None:
            self.echo.show(direction, node, seconds, data)
