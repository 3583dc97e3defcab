"""Signals that let a run come to its end: the first asks it to stop, the second stops it at once.

Ctrl-C, TERM (a service manager, `timeout`) and HUP (the terminal is closed) mean the same. The request to
stop is a flag, and a file that becomes readable, for who waits.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """A context manager; `asked` is whether to stop, `interrupted` whether it was a signal that asked."""

    def __init__(self, tell: Callable[[], object] | None = None) -> None:
        """`tell` is called at the first signal."""
        self.asked = False
        self.interrupted = False
        self._tell = tell
        self._files: tuple[int, int] = (-1, -1)
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1
        self._in_main_thread = False

    @property
    def fd(self) -> int:
        """Readable from the first signal on."""
        return self._files[0]

    def __enter__(self) -> Self:
        self._files = os.pipe()
        os.set_blocking(self._files[1], False)
        try:
            self._wakeup_before = signal.set_wakeup_fd(self._files[1], warn_on_full_buffer=False)
        except ValueError:
            return self  # signals are for the main thread
        self._in_main_thread = True
        for number in HEARD:
            # What is ignored stays so: nohup, and what a script runs in the background.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self._in_main_thread:
            signal.set_wakeup_fd(self._wakeup_before)
        for fd in self._files:
            os.close(fd)

    def _on_signal(self, number: int, _frame: object) -> None:
        if self.interrupted:
            if number == signal.SIGHUP:
                return  # a shell that ends sends it, and so does its terminal
            raise KeyboardInterrupt
        self.asked = self.interrupted = True
        if self._tell is not None:
            self._tell()
