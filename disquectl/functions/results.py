"""The jobs whose functions have ended, handed from threads to the worker's loop."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.functions.entry import Entry


class Results:
    """`add` and `wake` are for any thread, the rest is for that of the worker's loop.

    fd  readable after `wake`, until `clear`
    """

    def __init__(self) -> None:
        self._done: deque[Entry] = deque()
        self.add = self._done.append
        self.fd, self._writing = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._writing, False)
        self._is_awake = False

    def __len__(self) -> int:
        return len(self._done)

    def wake(self) -> None:
        """Let the worker's loop look."""
        if not self._is_awake:
            self._is_awake = True
            with suppress(BlockingIOError):
                os.write(self._writing, b"\n")

    def clear(self) -> None:
        """Make `fd` unreadable until the next `wake`. Call it before `take`: what is added later wakes again.

        Only if it is readable: a thread that wakes may not have written yet.
        """
        with suppress(BlockingIOError):
            os.read(self.fd, 4096)
        self._is_awake = False

    def take(self) -> list[Entry]:
        """Return those that have ended since the last call."""
        done = self._done
        return [done.popleft() for _ in range(len(done))]

    def close(self) -> None:
        """Close the file. Threads that still run write to nothing."""
        self._is_awake = True
        os.close(self.fd)
        os.close(self._writing)
