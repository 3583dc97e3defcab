"""Signal handling for runs that end in an orderly way: which signals have come, and a file to wait for them.

A signal that was ignored when the process started stays ignored: nohup ignores HUP, and a shell script
ignores INT and QUIT for what it starts with `&`.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn, Self

# Sent by Ctrl-C; by a service manager or `timeout`; by a terminal that is closed.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """A context manager that installs handlers; elsewhere than in the main thread it hears nothing.

    in_main_thread  whether it hears
    """

    def __init__(
        self, numbers: Iterable[int], heard: Callable[[int], object], always: Iterable[int] = ()
    ) -> None:
        """`heard(number)` is called for each signal; `always`: numbers to hear even if they were ignored."""
        self._numbers = tuple(numbers)
        self._always = tuple(always)
        self._heard = heard
        self._files: tuple[int, int] = (-1, -1)
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1
        self.in_main_thread = False

    @property
    def fd(self) -> int:
        """Readable from the first signal on, until `clear`."""
        return self._files[0]

    def __enter__(self) -> Self:
        self._files = os.pipe()
        for fd in self._files:
            os.set_blocking(fd, False)
        try:
            self._wakeup_before = signal.set_wakeup_fd(self._files[1], warn_on_full_buffer=False)
        except ValueError:
            return self  # only the main thread may handle signals
        self.in_main_thread = True
        for number in (*self._numbers, *self._always):
            if number in self._always or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if self.in_main_thread:
            signal.set_wakeup_fd(self._wakeup_before)
        for fd in self._files:
            os.close(fd)

    def clear(self) -> None:
        """Make `fd` unreadable until the next signal."""
        with suppress(BlockingIOError):
            os.read(self.fd, 65536)

    def stop_here(self) -> None:
        """Stop this process as Ctrl-Z does, until it is continued; do nothing where it cannot be stopped."""
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            os.kill(os.getpid(), signal.SIGTSTP)
        finally:
            signal.signal(signal.SIGTSTP, before)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._heard(number)


class Stop:
    """The first signal asks a run to stop, the second raises KeyboardInterrupt. A context manager.

    `asked` is whether to stop, `interrupted` whether it was a signal that asked.
    """

    def __init__(self, on_first: Callable[[], object] | None = None) -> None:
        """`on_first` is called at the first signal."""
        self.asked = False
        self.interrupted = False
        self._on_first = on_first
        self._signals = Signals(STOPPING, self._on_signal)

    @property
    def fd(self) -> int:
        """Readable from the first signal on."""
        return self._signals.fd

    def __enter__(self) -> Self:
        self._signals.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.__exit__()

    def _on_signal(self, number: int) -> None:
        if self.interrupted:
            if number == signal.SIGHUP:
                return  # a shell that ends sends it, and so does its terminal
            raise KeyboardInterrupt
        self.asked = self.interrupted = True
        if self._on_first is not None:
            self._on_first()


class Deadline:
    """A context manager that raises `problem` at the timeout; outside the main thread it never does.

    What is inside is left by an exception that no handler of errors catches.
    """

    def __init__(self, seconds: float, problem: Exception) -> None:
        self._seconds = seconds
        self._problem = problem
        self._before = (0.0, 0.0)
        self._signals = Signals((), self._is_over, always=(signal.SIGALRM,))

    def __enter__(self) -> Self:
        self._signals.__enter__()
        if self._signals.in_main_thread:
            self._before = signal.setitimer(signal.ITIMER_REAL, self._seconds)
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _traceback: object) -> None:
        if self._signals.in_main_thread:
            signal.setitimer(signal.ITIMER_REAL, *self._before)
        self._signals.__exit__()
        if isinstance(problem, _TimeIsOver):
            raise self._problem from None

    def _is_over(self, _number: int) -> NoReturn:
        raise _TimeIsOver


class _TimeIsOver(BaseException):
    """Raised at the end of a Deadline."""
