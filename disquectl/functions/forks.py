"""Processes that a function forks: signals act on them as on any process, and they end where it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from contextlib import suppress

from disquectl.execution.signals import STOPPING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Here:
    """This process. `is_forked`: by a function, so it takes no jobs, and reports no outcome."""

    is_forked = False


HERE = Here()


# What the worker handles.
_NUMBERS = (*STOPPING, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1, signal.SIGCHLD)
_MASKS = threading.local()


def watch() -> None:
    """Prepare each process that is forked from now on."""
    os.register_at_fork(before=_block, after_in_parent=_unblock, after_in_child=_prepare)


def _block() -> None:
    """Let signals wait: one that came before `_prepare` would be lost."""
    _MASKS.before = signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _MASKS.before)


def _prepare() -> None:
    """Undo what the worker has set: its handlers would keep multiprocessing from ending this process."""
    HERE.is_forked = True
    # It is shared with the worker, which a signal of this process would wake.
    signal.set_wakeup_fd(-1)
    for number in _NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            is_int = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_int else signal.SIG_DFL)
    _unblock()


def end(problem: BaseException | None) -> NoReturn:
    """End this process as Python ends one, at the end of the function that forked it."""
    code = 0
    if isinstance(problem, SystemExit):
        code = _code(problem.code)
    elif problem is not None:
        traceback.print_exception(problem)
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _code(said: object) -> int:
    """Return the exit code of `sys.exit(said)`."""
    if said is None or isinstance(said, int):
        return (said or 0) & 0xFF
    sys.stderr.write(f"{said}\n")
    return 1
