"""Signals as something to wait for: which have come, and a file that is readable since."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Self

HEARD = (signal.SIGINT, signal.SIGTSTP, signal.SIGTERM, signal.SIGCHLD)


class Signals:
    """A context manager, for the main thread."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.fd, self._writing = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._writing, False)
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1

    def __enter__(self) -> Self:
        self._wakeup_before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in HEARD:
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.fd)
        os.close(self._writing)

    def take(self) -> list[int]:
        """Those that have come since it was last asked."""
        with suppress(BlockingIOError):
            os.read(self.fd, 65536)
        came, self.came = self.came, []
        return came

    def _hear(self, number: int, _frame: object) -> None:
        self.came.append(number)
