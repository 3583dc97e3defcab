"""`RateLimit`: keeps a command below a number of jobs a second (--rate)."""

from __future__ import annotations

import select
import time


class RateLimit:
    """`per_second`: how many jobs; None: no limit."""

    def __init__(self, per_second: int | None) -> None:
        self._per_second = per_second
        self._next = time.monotonic()

    def batch_size(self, largest: int) -> int:
        """How many jobs to act on at a time: a tenth of a second's at most."""
        return largest if self._per_second is None else max(min(self._per_second // 10, largest), 1)

    def wait(self, count: int, wake_fd: int) -> None:
        """Wait after `count` jobs until the next may be begun, or until `wake_fd` is readable."""
        if self._per_second is None:
            return
        self._next = max(self._next, time.monotonic() - 1) + count / self._per_second
        left = self._next - time.monotonic()
        if left > 0:
            select.select([wake_fd], [], [], left)
