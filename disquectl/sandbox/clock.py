"""The sandbox's clock: the wall clock, which tests can move forward.

The only module that reads the time; the engine gets it passed in.
"""

from __future__ import annotations

import time


class Clock:
    def __init__(self) -> None:
        self._ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def move_forward(self, seconds: float) -> None:
        self._ahead_ms += int(seconds * 1000)


def stopwatch_us() -> int:
    """Microseconds of a monotonic clock; for durations only."""
    return time.perf_counter_ns() // 1000
