"""Ctrl-C that lets a run come to its end: the first asks it to stop, the second stops it at once.

The request to stop is a flag, and a file that becomes readable, for who waits.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self


class Stop:
    """A context manager; `asked` is whether to stop, `interrupted` whether it was Ctrl-C that asked."""

    def __init__(self, tell: Callable[[], object] | None = None) -> None:
        """`tell` is called at the first Ctrl-C."""
        self.asked = False
        self.interrupted = False
        self._tell = tell
        self._files: tuple[int, int] = (-1, -1)
        self._before: Any = None
        self._wakeup_before = -1

    @property
    def fd(self) -> int:
        """Readable from the first Ctrl-C on."""
        return self._files[0]

    def __enter__(self) -> Self:
        self._files = os.pipe()
        os.set_blocking(self._files[1], False)
        try:
            self._wakeup_before = signal.set_wakeup_fd(self._files[1], warn_on_full_buffer=False)
            self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        except ValueError:
            # Signals are for the main thread; elsewhere nobody presses Ctrl-C.
            self._before = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            signal.set_wakeup_fd(self._wakeup_before)
        for fd in self._files:
            os.close(fd)

    def _on_interrupt(self, *_: object) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.asked = self.interrupted = True
        if self._tell is not None:
            self._tell()
