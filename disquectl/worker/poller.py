"""Waiting for many files at once: who is to be called when one of them is ready."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

READ, WRITE = select.POLLIN, select.POLLOUT


class Poller:
    """A poll object that remembers what it was told, so that telling it again costs nothing."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._known: dict[int, tuple[int, Callable[[int], object]]] = {}
        self._turn = 0

    def set(self, fd: int, events: int, act: Callable[[int], object]) -> None:
        """Call `act` with what has happened whenever these events have."""
        known = self._known.get(fd)
        if known is None or known[0] != events:
            self._poll.register(fd, events)
        self._known[fd] = (events, act)

    def drop(self, fd: int) -> None:
        """Watch it no more; a file that is closed must be dropped before another one gets its number."""
        if self._known.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Wait until something is ready, for so long at most; hand the result to `act`."""
        return self._poll.poll(max(seconds, 0) * 1000)

    def act(self, ready: list[tuple[int, int]]) -> None:
        """Call who waits for these, each time another one first: so none is always last."""
        self._turn += 1
        first = self._turn % len(ready) if ready else 0
        for fd, events in ready[first:] + ready[:first]:
            known = self._known.get(fd)
            # One before it may have dropped it.
            if known is not None:
                known[1](events)
