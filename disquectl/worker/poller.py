"""Waits for many file descriptors at once, and calls a function for each that is ready."""

from __future__ import annotations

import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

READ, WRITE = select.POLLIN, select.POLLOUT
# poll reports these without being asked.
_ALWAYS = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Poller:
    """A poll object that remembers its registrations, so that repeating one costs nothing."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._known: dict[int, tuple[int, Callable[[int], object]]] = {}
        self._turn = 0

    def set(self, fd: int, events: int, callback: Callable[[int], object]) -> None:
        """Call `callback(events)` whenever one of these events has occurred."""
        known = self._known.get(fd)
        if known is None or known[0] != events:
            self._poll.register(fd, events)
        self._known[fd] = (events, callback)

    def drop(self, fd: int) -> None:
        """Stop watching it. Drop a descriptor before it is closed, because its number may be reused."""
        if self._known.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Wait until something is ready, at most `seconds`; return what `dispatch` takes."""
        return self._poll.poll(max(seconds, 0) * 1000)

    def dispatch(self, ready: list[tuple[int, int]]) -> None:
        """Call the callbacks of these. Each time another one is first, so that none is always last."""
        self._turn += 1
        first = self._turn % len(ready) if ready else 0
        for fd, events in ready[first:] + ready[:first]:
            known = self._known.get(fd)
            # An earlier callback may have dropped it, or may watch it for something else now.
            if known is not None and events & (known[0] | _ALWAYS):
                known[1](events)
