"""Recognises the requests with which disquectl's own shells look around, among the lines of MONITOR. Pure.

A line of MONITOR has the address of a client and not its name. Therefore a shell names each connection that
looks around with its first request, CLIENT SETNAME, which is itself a line of MONITOR. From then on the
requests below are those of a shell, if they come from this address. This holds for SECONDS, because another
client may get the same port later, and ends with the first request from this address that is not below.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.spec.parameters import Record

NAME = b"disquectl:look"
NAMING = [b"CLIENT", b"SETNAME", NAME]
# All that a shell sends to look around; none changes anything.
LOOKS = frozenset(
    (
        (b"HELLO",),
        (b"CONFIG", b"GET", b"*"),
        (b"CLIENT", b"SETNAME", NAME),
        (b"QSCAN",),
        (b"QLEN",),
        (b"QSTAT",),
    )
)
# As long as a round of a shell can take.
SECONDS = 10.0


class Looks:
    """The addresses from which shells look around at one node now."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def has(self, line: Record) -> bool:
        """Whether this line of MONITOR, the next one of its node, is of a shell that looks around."""
        client, now, words = line["client"], line["time"], line["args"]
        if words == NAMING and not client.startswith("unix:"):  # all clients of a unix socket look the same
            self._began = {one: began for one, began in self._began.items() if 0 <= now - began < SECONDS}
            self._began[client] = now
            return True
        began = self._began.get(client)
        if began is None:
            return False
        if 0 <= now - began < SECONDS and (tuple(words) in LOOKS or tuple(words[:1]) in LOOKS):
            return True
        del self._began[client]
        return False
